"""The safelight command.

Rules, kept by every verb:
- results go to standard output, everything else to the error stream; a picture never goes to a
  terminal
- every option stands after the verb; the group has only --help and --version
- a failure is one line and a hint, never a traceback; the exit code is the error's, as `help
  exit-codes` lists
- nothing is overwritten unless asked; an input is never its own output without --in-place
- nothing is asked that a script could not answer with a flag
- names that others chose are escaped before they are printed
- a verb imports what it needs when it runs: `version` loads no model, no picture and no key
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from safelight import __version__
from safelight.cli import verbs
from safelight.cli.face import Face, unwritten
from safelight.errors import Cancelled, OutputFailed, SafelightError, UsageError

PR_SET_DUMPABLE = 4


class Verbs(click.Group):
    """The group: every verb is imported when it is called, or when its help is shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return verbs.names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return verbs.load(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        ctx.ensure_object(Face).verb = name or ""
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, members in verbs.sections():
            with formatter.section(title):
                formatter.write_dl([(name, verbs.sentence(name)) for name in members])


@click.group(
    cls=Verbs,
    no_args_is_help=False,
    invoke_without_command=False,
    context_settings={"help_option_names": ["--help"], "max_content_width": 96},
    subcommand_metavar="VERB [OPTIONS] INPUT...",
    options_metavar="",
)
@click.version_option(__version__, prog_name="safelight", message="%(prog)s %(version)s")
def safelight() -> None:
    """Image AI that runs on your own machine and can show that nothing left it.

    \b
    Examples:
      safelight inspect photo.jpg               what the file tells about you
      safelight scrub *.jpg                     a clean copy beside each picture
      safelight upscale photo.jpg -x 4          four times as wide, on this machine
      safelight run web.toml pictures/ -o out/  several steps, a whole folder
      safelight prove                           see that the cage holds
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and leave with its exit code."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    without_core_dumps()
    open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code = run(typed)
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        sys.exit(code)
    silence(1, 2)
    sys.exit(code or 1)


def without_core_dumps() -> None:
    """A crash or Ctrl-\\ must not put a picture on the disk, nor hand it to a program that collects
    crashes and asks for no limit.
    """
    with suppress(ImportError):
        import resource

        # The hard limit stays: `prove` has a process crash on purpose that may be dumped.
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def open_missing_streams() -> None:
    """A standard stream that was closed before we started reads as empty and swallows words.

    In this order, so that each takes its own number and no socket of ours can.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 - open to the end
            setattr(sys, name, nowhere)


def run(typed: list[str]) -> int:
    """Run the command and give its exit code. Every error ends here."""
    face = Face(is_json="--json" in _before_dashes(typed))
    try:
        _refuse_disguised_names(typed)
        outcome: Any = safelight.main(
            typed or ["--help"], prog_name="safelight", standalone_mode=False, obj=face
        )
        return outcome if isinstance(outcome, int) else 0
    except SafelightError as error:
        face.problem(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.format_message()}\n")
        return error.exit_code
    except click.ClickException as error:
        return _refused(face, error)
    except (KeyboardInterrupt, click.Abort):
        face.problem(Cancelled(hint="run the same command again"))
        return Cancelled.exit_code
    except BrokenPipeError:
        silence()
        return 1
    except OSError as error:
        return _unsaid(face, error)
    except Exception as error:  # noqa: BLE001 - the last wall: a person never meets a traceback
        face.surprise(error)
        return 1


def silence(*streams: int) -> None:
    """Nobody reads our output any more: let what is still to be written go nowhere."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in streams or (1,):
            os.dup2(nowhere, stream)
        os.close(nowhere)


def _unsaid(face: Face, error: OSError) -> int:
    """An error of the system that nobody expected, or words that standard output did not take."""
    try:
        sys.stdout.flush()
    except OSError as blocked:
        face.problem(unwritten(blocked))
        silence()
    else:
        face.surprise(error)
    return OutputFailed.exit_code


def _refused(face: Face, error: click.ClickException) -> int:
    """A usage error of click in our own words: lower case, no full stop, a hint."""
    message = error.format_message().replace("\n\t", " ").replace("\n", " ").strip().rstrip(".")
    verb = f"{face.verb} " if face.verb in verbs.names() else ""
    ours = UsageError(message[:1].lower() + message[1:], hint=f"safelight {verb}--help")
    face.problem(ours)
    return ours.exit_code


def _before_dashes(typed: list[str]) -> list[str]:
    return typed[: typed.index("--")] if "--" in typed else typed


def _refuse_disguised_names(typed: list[str]) -> None:
    """A file called --in-place, left there for a * to catch, must not become an option."""
    for word in _before_dashes(typed):
        if len(word) > 1 and word.startswith("-") and "\0" not in word and os.path.lexists(word):
            raise UsageError(
                f"{word} is both an option and the name of a file here",
                hint=f"./{word} names the file; -- before the names ends the options",
            )
