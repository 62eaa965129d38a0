"""The contract: AsyncAPI, TypeScript and the reference page, generated from what is declared and from nothing else."""

from carewire.contract.generate import check, run, write

__all__ = ["check", "run", "write"]
