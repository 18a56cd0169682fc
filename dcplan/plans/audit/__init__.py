"""The independent audit: a saved plan recomputed in plain code, without the model and without a solver."""

from dcplan.plans.audit.engine import audit, audit_all
from dcplan.plans.audit.report import AuditReport, Finding

__all__ = ["AuditReport", "Finding", "audit", "audit_all"]
