"""Linear programs over labels: expressions, programs, matrices. Knows nothing of data centers.

Start with `dcplan.lp.program.Program`; `dcplan.lp.terms.Expr` has the verbs, `dcplan.lp.matrix.Matrix` is
what solvers read, `dcplan.lp.solution.Solution` what they hand back, `dcplan.lp.lpfile.write_lp` shows it.
"""
