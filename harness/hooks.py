"""Questions that only the issuer's team can answer, such as for a fresh Credential Offer.

A hook is a question with named parameters; its answer is a handful of named strings. :func:`call` asks it in
the way its settings say: a static value, an HTTP request, a command, a Python function or a person at the
terminal. :mod:`harness.offer_sources` asks for offers; other questions can stand on ``call`` in the same way.

In URLs, header values, bodies, command arguments and prompts, ``{configuration}`` stands for the id of the
Credential Configuration that is wanted and ``{source}`` for the name of the hook; a run for GOV.UK Wallet also
knows ``{wallet_subject_id}`` and ``{email}`` of who uses the wallet. A member of a body that is nothing but the
placeholder of a parameter without value is left out.

No message of an error carries what a hook sent, received or raised, because any of it may be secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.model import Json
from harness.settings import (
    CommandHook,
    HookSettings,
    HttpHook,
    InteractiveHook,
    PythonHook,
    StaticHook,
)
from harness.terminal import ControllingTerminal, Terminal, TerminalError, TerminalUnavailable, qr_code

LARGEST_ANSWER = 1_000_000
"""Bytes."""

Parameters = Mapping[str, str | None]
"""Name of a placeholder to its value; ``None`` where there is nothing to say."""


class HookError(Exception):
    """A hook gave no usable answer; the message is one line and carries no secret."""


class HookFailed(HookError):
    """The hook was asked and failed."""


class HookUnavailable(HookError):
    """Nobody is there to ask: no terminal, or no hook at all."""


async def tell(
    settings: HookSettings,
    parameters: Parameters,
    *,
    tls_ca: Path | None = None,
    terminal: Terminal | None = None,
) -> None:
    """Have a hook do something; whatever it answers means that it did.

    Args:
        settings, parameters, tls_ca, terminal: as for :func:`call`.

    Raises:
        HookFailed: the hook failed or took too long.
        HookUnavailable: an interactive hook without a terminal.

    """
    await _asked(settings, parameters, (), tls_ca, terminal)


async def call(
    settings: HookSettings,
    parameters: Parameters,
    *,
    wants: Sequence[str],
    tls_ca: Path | None = None,
    terminal: Terminal | None = None,
) -> Mapping[str, str]:
    """Ask a hook.

    Args:
        settings: how to ask.
        parameters: values of the placeholders; a Python function gets those it has parameters for, a command
            has them as ``ASSAY_CONFIGURATION`` and the like too.
        wants: names of the values the answer may have. The first one has to be there, and is the whole
            answer when that is plain text.
        tls_ca: PEM file with roots an HTTP hook trusts besides the usual ones.
        terminal: whom an interactive hook asks; by default the terminal that controls the process.

    Returns:
        Those of the wanted values that the answer had.

    Raises:
        HookFailed: the hook failed, took too long, or its answer has not what is wanted.
        HookUnavailable: an interactive hook without a terminal.

    """
    return await _asked(settings, parameters, wants, tls_ca, terminal)


async def _asked(
    settings: HookSettings,
    parameters: Parameters,
    wants: Sequence[str],
    tls_ca: Path | None,
    terminal: Terminal | None,
) -> Mapping[str, str]:
    try:
        async with asyncio.timeout(None if isinstance(settings, StaticHook) else settings.timeout_s):
            match settings:
                case StaticHook():
                    return {wants[0]: settings.value}
                case InteractiveHook() if not wants:
                    await _prompt(settings, parameters, "Press Enter when it is done", terminal or _terminal)
                    return {}
                case InteractiveHook():
                    return {wants[0]: await _interactive(settings, parameters, wants[0], terminal or _terminal)}
                case HttpHook():
                    return _values(await _http(settings, parameters, tls_ca), wants, settings.pointers)
                case CommandHook():
                    return _values(await _command(settings, parameters), wants)
                case PythonHook():
                    answer = await _python(settings, parameters)
                    if wants and not isinstance(answer, (str, Mapping)):
                        returned = f"{settings.function} returned {type(answer).__name__}"
                        raise HookFailed(f"{returned}; it has to be a str or a dict")
                    return _values(answer, wants)
    except HookError as error:
        raise type(error)(f'hook "{settings.name}" ({settings.kind}): {error}') from None
    except TimeoutError:
        seconds = "" if isinstance(settings, StaticHook) else f" within {settings.timeout_s:g} s"
        raise HookFailed(f'hook "{settings.name}" ({settings.kind}): no answer{seconds}') from None


# --- answers -------------------------------------------------------------------------------------------

_BARE = {"offer": "credential_issuer"}
"""A JSON object with this member is the wanted value itself (OpenID4VCI 1.0 section 4.1.1 for offers), unless the
wanted value stands where it is looked for."""


def _values(answer: Json, wants: Sequence[str], pointers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Pick the wanted values from an answer: plain text, or JSON as text or as an object."""
    if not wants:
        return {}
    main = wants[0]
    text: str | None = None
    if isinstance(answer, str):
        text = answer.strip()
        if not text:
            raise HookFailed("the answer is empty")
        answer = _json_or_text(text)
    if isinstance(answer, str):
        return {main: answer}
    if not isinstance(answer, Mapping):
        raise HookFailed(f"the answer is neither text nor a JSON object but {type(answer).__name__}")
    places = {name: (pointers or {}).get(name, f"/{name}") for name in wants}
    if _BARE.get(main) in answer and _at(answer, places[main]) is None:
        # The text as it came: reading and writing it again would mend what is wrong with it.
        return {main: text if text is not None else json.dumps(dict(answer))}
    found: dict[str, str] = {}
    for name, pointer in places.items():
        value = _at(answer, pointer)
        if value is None and name == main:
            members = ", ".join(sorted(str(key)[:40] for key in answer)[:10]) or "none"
            raise HookFailed(f'the answer has nothing at "{pointer}"; its members are: {members}')
        if value is not None:
            found[name] = _as_text(value, pointer)
    return found


def _json_or_text(text: str) -> Json:
    if text[0] not in '{["':
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise HookFailed("the answer looks like JSON and cannot be read as JSON") from None


def _at(value: Json, pointer: str) -> Json:
    """Follow a JSON Pointer (RFC 6901); ``None`` where it leads nowhere."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _as_text(value: Json, pointer: str) -> str:
    if isinstance(value, Mapping):
        return json.dumps(dict(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise HookFailed(f'the answer has no text at "{pointer}"')
    return value.strip()


def _filled(template: str, parameters: Parameters, encode: Callable[[str], str] = str) -> str:
    for name, value in parameters.items():
        template = template.replace(f"{{{name}}}", encode(value or ""))
    return template


def _filled_body(value: Json, parameters: Parameters) -> Any:
    """Fill the strings of a body, and leave out members that would say nothing."""
    silent = {f"{{{name}}}" for name, given in parameters.items() if given is None}
    match value:
        case str():
            return _filled(value, parameters)
        case Mapping():
            kept = {key: item for key, item in value.items() if not (isinstance(item, str) and item in silent)}
            return {key: _filled_body(item, parameters) for key, item in kept.items()}
        case list():
            return [_filled_body(item, parameters) for item in value]
        case _:
            return value


async def _limited(chunks: AsyncIterable[bytes]) -> str:
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise HookFailed(f"the answer is larger than {LARGEST_ANSWER} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise HookFailed("the answer is not UTF-8") from None


# --- http ----------------------------------------------------------------------------------------------


async def _http(settings: HttpHook, parameters: Parameters, tls_ca: Path | None) -> str:
    import httpx

    from harness.transport import tls_context

    headers = {name: _filled(value, parameters) for name, value in settings.headers.items()}
    try:
        tls = tls_context(tls_ca)
    except OSError:
        raise HookFailed(f"{tls_ca} is no PEM file with certificates") from None
    try:
        async with (
            # The hook's own deadline covers the whole exchange.
            httpx.AsyncClient(verify=tls, timeout=None) as client,  # noqa: S113
            client.stream(
                settings.method,
                _filled(settings.url, parameters, lambda value: quote(value, safe="")),
                headers={"Accept-Encoding": "identity"} | headers,
                json=_filled_body(settings.json, parameters),
                data=_filled_body(settings.form, parameters),
            ) as response,
        ):
            if not response.is_success:
                raise HookFailed(f"it answered with status {response.status_code}")
            if "html" in response.headers.get("content-type", ""):
                raise HookFailed("it answered with an HTML page")
            return await _limited(response.aiter_bytes())
    except httpx.ConnectError as error:
        raise HookFailed(f"cannot connect: {error}") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise HookFailed(f"the request failed ({type(error).__name__})") from None


# --- command -------------------------------------------------------------------------------------------


async def _command(settings: CommandHook, parameters: Parameters) -> str:
    told = {f"ASSAY_{name.upper()}": value or "" for name, value in parameters.items()}
    try:
        process = await asyncio.create_subprocess_exec(
            *(_filled(argument, parameters) for argument in settings.command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            cwd=settings.folder,
            env=os.environ | told,
            start_new_session=True,  # so that what the command starts can be ended with it
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its arguments cannot be passed"
        raise HookFailed(f"the command cannot be started: {reason}") from None
    assert process.stdout is not None
    try:
        output = await _limited(_chunks(process.stdout))
        status = await process.wait()
    finally:
        await _end(process)
    if status:
        raise HookFailed(f"the command ended with status {status}; what it says about it is on its standard error")
    return output


async def _chunks(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while chunk := await stream.read(65536):
        yield chunk


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a command that is still running, and what it started."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            await process.wait()


# --- python --------------------------------------------------------------------------------------------


async def _python(settings: PythonHook, parameters: Parameters) -> Json:
    function = _function(settings)
    try:
        takes = inspect.signature(function).parameters.values()
        everything = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in takes)
        names = {parameter.name for parameter in takes}
        arguments = {name: value for name, value in parameters.items() if everything or name in names}
        if inspect.iscoroutinefunction(function):
            answer = await function(**arguments)
        else:
            answer = await _in_thread(lambda: function(**arguments))
            if inspect.isawaitable(answer):
                answer = await answer
    except (Exception, SystemExit) as error:
        raise HookFailed(f"{settings.function} raised {_where(error)}") from None
    return answer


def _function(settings: PythonHook) -> Callable[..., Any]:
    module, _, path = settings.function.partition(":")
    if str(settings.folder) not in sys.path:
        # At the end, so that the team's files never stand in for installed modules.
        sys.path.append(str(settings.folder))
    try:
        found: Any = importlib.import_module(module)
    except (Exception, SystemExit) as error:
        raise HookFailed(f"the module {module} cannot be imported: {_where(error)}") from None
    for name in path.split("."):
        found = getattr(found, name, None)
    if not callable(found):
        raise HookFailed(f"the module {module} has no function {path}")
    function: Callable[..., Any] = found
    return function


def _where(error: BaseException) -> str:
    """Say what was raised and where, without its message."""
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    if place is None:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}"


async def _in_thread(function: Callable[[], Any]) -> Any:
    """Run a blocking function beside the loop; unlike an executor's, its thread never delays the end."""
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def settle(answer: Any, error: BaseException | None) -> None:
        if not finished.done():
            finished.set_result((answer, error))

    def run() -> None:
        try:
            outcome: tuple[Any, BaseException | None] = function(), None
        except BaseException as error:
            outcome = None, error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, daemon=True).start()
    answer, error = await finished
    if error is not None:
        raise error
    return answer


# --- interactive ---------------------------------------------------------------------------------------

_QUESTIONS = {
    "offer": "Paste a fresh Credential Offer (link or JSON)",
    "tx_code": "Enter the Transaction Code",
}


async def _interactive(settings: InteractiveHook, parameters: Parameters, wanted: str, terminal: Terminal) -> str:
    answer = await _prompt(settings, parameters, _QUESTIONS.get(wanted, wanted), terminal)
    if not answer:
        raise HookFailed("nothing was entered")
    return answer


async def _prompt(settings: InteractiveHook, parameters: Parameters, question: str, terminal: Terminal) -> str:
    lines = [f"\n[{settings.name}]"]
    for link in settings.links:
        lines += [link, qr_code(link)]
    lines.append(_filled(settings.prompt or question, parameters) + ": ")
    try:
        return (await terminal.ask("\n".join(lines))).strip()
    except TerminalUnavailable as error:
        raise HookUnavailable(str(error)) from None
    except TerminalError as error:
        raise HookFailed(str(error)) from None


_terminal = ControllingTerminal()
