"""What a plan looks like to people: the printed summary (`text`) and the pictures (`charts`).

Reports read saved plan tables and format them; they decide and solve nothing.
"""
