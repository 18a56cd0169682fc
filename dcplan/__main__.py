"""`python -m dcplan` is the `dcplan` command."""

from dcplan.cli import main

if __name__ == "__main__":
    main()
