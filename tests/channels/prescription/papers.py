"""Prescriptions of the demo clinic, through the real commands."""

from typing import Any

from tests.channels.callers import Caller

LINE = {"medicine": "Metformin", "strength": "500 mg", "dose": "1 tablet", "frequency": "1-0-1", "quantity": 20}


def line(medicine: str = "Metformin", **more: Any) -> dict[str, Any]:
    return {**LINE, "medicine": medicine, **more}


async def drafted(doctor: Caller, visit: Any, *lines: dict[str, Any], **more: Any) -> Any:
    return await doctor.call("prescription.create", consultation_id=visit["id"], lines=list(lines) or [line()], **more)


async def issued(doctor: Caller, visit: Any, *lines: dict[str, Any], **more: Any) -> Any:
    """Issued after the doctor has asked for allergies and there were none."""
    await doctor.call("summary.no_allergies", patient_id=visit["patient_id"])
    draft = await drafted(doctor, visit, *lines, **more)
    return await doctor.call("prescription.issue", prescription_id=draft["id"])
