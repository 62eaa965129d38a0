"""What both servers share: the life of one child between start and stop."""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from .errors import EmbeddedError
from .places import Lock, find_socket_folder, socket_folder
from .process import Say, ended, kill_whole, last_lines, send

STOP_S = 20.0


class Server(ABC):
    """An embedded server on a data folder. `start` and `stop` work in any order, also after `kill`."""

    kind: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, data_dir: Path, *, say: Say | None = None) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.log = self.data_dir / f"{self.kind}.log"
        self._say = say or logging.getLogger("carewire.embedded").warning
        self._lock = Lock(self.data_dir / f"{self.kind}.lock")
        self._child: subprocess.Popen[bytes] | None = None
        self._sockets: Path | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect; the same before and after a restart."""

    @property
    def pid(self) -> int:
        """The server's own process."""
        if self._child is None or not self.running:
            raise EmbeddedError(f"{self.title} is not running", "call start()")
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def running_url(self) -> str | None:
        """Where another process's server of this data folder listens, None when there is none."""
        folder = find_socket_folder(self.kind, self.data_dir)
        if folder is None:
            return None
        self._sockets = folder
        return self.url

    @property
    def sockets(self) -> Path:
        if self._sockets is None:
            raise EmbeddedError(f"{self.title} was never started", "call start()")
        return self._sockets

    async def start(self) -> None:
        """Ready for clients on return. Doing it twice does nothing the second time."""
        if self.running:
            return
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self._lock.take()
        except OSError as exc:
            raise EmbeddedError(
                f"{self.data_dir} cannot hold data: {exc.strerror}",
                "choose another folder with CAREWIRE_DATA",
            ) from exc
        try:
            self._sockets = socket_folder(self.kind, self.data_dir, self._owner())
            if self.log.exists():
                os.replace(self.log, self.log.with_suffix(".log.1"))
            await self._prepare()
            self._child = self._spawn()
            await self._wait_until_ready(self._child)
        except BaseException:
            await self.kill()
            self._release()
            raise

    async def stop(self) -> None:
        """Orderly: clients are cut off, data is on disk, the child is gone."""
        if self._child is not None:
            for number, patience_s in ((self._polite(), STOP_S), (signal.SIGQUIT, STOP_S)):
                if self._child.poll() is None:
                    send(self._child.pid, number)
                    await ended(self._child, patience_s)
            await self.kill()
            self._child = None
        self._release()

    async def kill(self) -> None:
        """`kill -9` of the whole server, as a power cut would; `start` brings it back."""
        if self._child is not None:
            await kill_whole(self._child)

    async def restart(self) -> None:
        """Stop if it runs, start in any case; the url stays."""
        await self.stop()
        await self.start()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _owner(self) -> tuple[int, int]:
        return os.getuid(), os.getgid()

    @abstractmethod
    async def _prepare(self) -> None:
        """Everything before the child: leftovers of an earlier run, first creation."""

    @abstractmethod
    def _spawn(self) -> subprocess.Popen[bytes]: ...

    @abstractmethod
    async def _wait_until_ready(self, child: subprocess.Popen[bytes]) -> None: ...

    @staticmethod
    @abstractmethod
    def _polite() -> signal.Signals:
        """The signal that asks for an orderly end."""

    def _release(self) -> None:
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            self._lock.drop()

    def _failed(self, child: subprocess.Popen[bytes]) -> EmbeddedError:
        what = "did not become ready" if child.poll() is None else f"ended at once (status {child.returncode})"
        return EmbeddedError(f"{self.title} {what}: {last_lines(self.log)}", f"read {self.log}")
