"""Every error that a user can meet: one family, one sentence each, one exit code each.

SafelightError                     1  500  the command failed
├── UsageError                     2  400  the request cannot be understood
│   ├── RecipeInvalid              2  422  the recipe is wrong
│   ├── ParameterInvalid           2  422  a parameter is out of its range
│   ├── SettingInvalid             2  422  a setting is out of its range
│   ├── InputMissing               2  404  there is no such input
│   ├── OutputClash                2  409  outputs clash with each other or the input
│   ├── PathUnknown                2  404  the server has nothing at this path
│   ├── MethodUnknown              2  405  the path does not take this method
│   ├── MediaUnknown               2  415  a body of this kind is not taken
│   ├── AnswerUnknown              2  406  nothing that was accepted can be given
│   ├── DigestWrong                2  400  the body is not what its digest says
│   └── KeyReused                  2  422  the Idempotency-Key came with another request before
├── InputRefused                   8  422  the input is refused as unsafe
│   ├── FormatUnknown              8  415  the bytes are no picture format that we read
│   ├── ContainerBroken            8  422  the container or its pixels are damaged
│   ├── LimitExceeded              8  422  the picture or the work on it passes a limit
│   │   └── BodyTooLarge           8  413  the request carries more bytes than it may
│   ├── TimeExceeded               8  408  the work took longer than allowed
│   └── MemoryExceeded             8  413  the work needed more memory than allowed
├── WorkerDied                     1  500  the caged worker died
├── WireBroken                     1  502  the worker's answer breaks the rules of the wire
├── ModelFaulty                    1  500  a model gave no usable answer, nor did its exact twin
├── OutputFailed                   1  500  the result cannot be written
│   ├── OutputExists               1  409  an output is there and does not verify
│   └── DiskFull                   1  507  no space is left for the result
├── VerificationFailed             5  500  something is not what it was signed to be
├── PolicyRefused                  6  403  a rule forbids it
│   ├── LevelTooLow                6  503  the cage is weaker than required
│   ├── CallerUnknown              6  401  who asks is not known
│   ├── NotAllowed                 6  403  the token does not allow this
│   ├── HostForeign                6  421  the server does not go by this name
│   └── OriginForeign              6  403  a page of another site asks
├── SomethingMissing               7  501  something needed is not here
│   ├── ModelMissing               7  503  there is no such model
│   │   └── ModelUnknown           7  404  no model of this name is here
│   ├── VaultLocked                7  423  the vault is locked
│   └── RuntimeMissing             7  501  no model runtime is installed
├── Unavailable                    9  503  a lock or a server is not available
│   ├── Busy                       9  429  as much waits as may wait
│   └── StillRunning               9  409  the request with this Idempotency-Key still runs
├── Gone                           1  410  it was here and is no longer
└── Cancelled                    130  499  cancelled

`number` crosses the wall between worker and host; numbers are never reused. Messages hold no file
name and no pixel unless the user typed them.
"""

from __future__ import annotations

from typing import ClassVar


class SafelightError(Exception):
    """Base of everything that Safelight raises on purpose."""

    number: ClassVar[int] = 1
    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "the command failed"
    usual_hint: ClassVar[str] = ""

    def __init__(self, detail: str = "", *, hint: str = "") -> None:
        self.detail = detail
        self.hint = hint or self.usual_hint
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The sentence for people, lower case, no full stop."""
        return self.detail or self.sentence


class UsageError(SafelightError):
    number, code, exit_code, status = 2, "usage", 2, 400
    sentence = "the request cannot be understood"
    usual_hint = "safelight help"


class RecipeInvalid(UsageError):
    number, code, status = 3, "recipe-invalid", 422
    sentence = "the recipe is wrong"
    usual_hint = "safelight help recipe"


class ParameterInvalid(UsageError):
    number, code, status = 4, "parameter-invalid", 422
    sentence = "a parameter is out of its range"

    def __init__(
        self, detail: str = "", *, hint: str = "", fields: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """fields: each parameter that is wrong, and what is wrong with it."""
        super().__init__(detail, hint=hint)
        self.fields = fields


class SettingInvalid(UsageError):
    number, code, status = 5, "setting-invalid", 422
    sentence = "a setting is out of its range"
    usual_hint = "safelight config show --origin"


class InputMissing(UsageError):
    number, code, status = 6, "input-missing", 404
    sentence = "there is no such input"
    usual_hint = "check the path"


class OutputClash(UsageError):
    number, code, status = 7, "output-clash", 409
    sentence = "the outputs cannot be told apart from each other or from the input"
    usual_hint = "give -o a folder"


class PathUnknown(UsageError):
    number, code, status = 8, "path-unknown", 404
    sentence = "the server has nothing at this path"
    usual_hint = "GET /reference lists every path"


class MethodUnknown(UsageError):
    number, code, status = 9, "method-unknown", 405
    sentence = "the path does not take this method"
    usual_hint = "the header Allow says which"


class MediaUnknown(UsageError):
    number, code, status = 10, "media-unknown", 415
    sentence = "a body of this kind is not taken"
    usual_hint = "send the picture as it is, or multipart/form-data with a part file"


class AnswerUnknown(UsageError):
    number, code, status = 11, "answer-unknown", 406
    sentence = "nothing that is accepted can be given"
    usual_hint = "Accept: image/*, application/json or multipart/mixed"


class DigestWrong(UsageError):
    number, code = 12, "digest-wrong"
    sentence = "the body is not what its digest says"
    usual_hint = "send it again: it was changed on the way"


class KeyReused(UsageError):
    number, code, status = 13, "key-reused", 422
    sentence = "this Idempotency-Key came with another request before"
    usual_hint = "take another key for another request"


class InputRefused(SafelightError):
    number, code, exit_code, status = 20, "input-refused", 8, 422
    sentence = "the input is refused as unsafe"


class FormatUnknown(InputRefused):
    number, code, status = 21, "format-unknown", 415
    sentence = "the bytes are no picture format that Safelight reads"
    usual_hint = "safelight help formats"


class ContainerBroken(InputRefused):
    number, code = 22, "container-broken"
    sentence = "the picture is damaged"
    usual_hint = "ask for the file again: it is truncated or corrupt"


class LimitExceeded(InputRefused):
    number, code = 23, "limit-exceeded"
    sentence = "the picture passes a limit"
    usual_hint = "safelight doctor shows the limits; --max-pixels and --max-bytes set them"


class BodyTooLarge(LimitExceeded):
    number, code, status = 26, "body-too-large", 413
    sentence = "the request carries more bytes than it may"
    usual_hint = "GET /api/v1/capabilities tells the limits"


class TimeExceeded(InputRefused):
    number, code, status = 24, "time-exceeded", 408
    sentence = "the work took longer than allowed"
    usual_hint = "--timeout SECONDS allows more"


class MemoryExceeded(InputRefused):
    number, code, status = 25, "memory-exceeded", 413
    sentence = "the work needed more memory than allowed"
    usual_hint = "try a smaller picture or a smaller scale"


class WorkerDied(SafelightError):
    number, code = 40, "worker-died"
    # Whether somebody else ended it: then neither the picture nor the model is to blame.
    was_killed = False
    sentence = "the caged worker died"
    usual_hint = "the picture or its model may be hostile; other items are not touched by it"


class WireBroken(SafelightError):
    number, code, status = 41, "wire-broken", 502
    sentence = "the worker gave an answer that breaks the rules of the wire"
    usual_hint = "treat this picture as hostile"


class ModelFaulty(SafelightError):
    number, code = 42, "model-faulty"
    sentence = "the model's answer is no picture, also in full precision"
    usual_hint = "another model may do: safelight models list"


class OutputFailed(SafelightError):
    number, code = 60, "output-failed"
    sentence = "the result cannot be written"
    usual_hint = "check that the output folder exists and is writable"


class OutputExists(OutputFailed):
    number, code, status = 61, "output-exists", 409
    sentence = "the output is there already and is not the result of this input and recipe"
    usual_hint = "--existing overwrite|rename|skip, or another -o"


class DiskFull(OutputFailed):
    number, code, status = 62, "disk-full", 507
    sentence = "no space is left for the result"
    usual_hint = "free some space and run the same command again: it resumes"


class VerificationFailed(SafelightError):
    number, code, exit_code = 80, "verification-failed", 5
    sentence = "something is not what it was signed to be"
    usual_hint = "keep the evidence and do not trust this file"


class PolicyRefused(SafelightError):
    number, code, exit_code, status = 90, "policy-refused", 6, 403
    sentence = "a rule forbids it"


class LevelTooLow(PolicyRefused):
    number, code, status = 91, "level-too-low", 503
    sentence = "the cage is weaker than required"
    usual_hint = "safelight prove shows which layer is missing"


class CallerUnknown(PolicyRefused):
    number, code, status = 92, "caller-unknown", 401
    sentence = "who asks is not known"
    usual_hint = "Authorization: Bearer TOKEN; safelight token create makes one"


class NotAllowed(PolicyRefused):
    number, code = 93, "not-allowed"
    sentence = "the token does not allow this"
    usual_hint = "safelight token create --scope SCOPE makes one that does"


class HostForeign(PolicyRefused):
    number, code, status = 94, "host-foreign", 421
    sentence = "the server does not go by the name that the request gives it"
    usual_hint = "safelight serve --name NAME lets it"


class OriginForeign(PolicyRefused):
    number, code = 95, "origin-foreign"
    sentence = "a page of another site may not ask this"
    usual_hint = "safelight serve --origin ORIGIN lets it"


class SomethingMissing(SafelightError):
    number, code, exit_code, status = 100, "missing", 7, 501
    sentence = "something needed is not here"


class ModelMissing(SomethingMissing):
    number, code, status = 101, "model-missing", 503
    sentence = "there is no such model"
    usual_hint = "safelight models list"


class ModelUnknown(ModelMissing):
    number, code, status = 104, "model-unknown", 404
    sentence = "no model of this name is here"


class RuntimeMissing(SomethingMissing):
    number, code = 102, "runtime-missing"
    sentence = "no model runtime is installed"
    usual_hint = "pip install 'safelight[cpu]'"


class VaultLocked(SomethingMissing):
    number, code, status = 103, "vault-locked", 423
    sentence = "the vault is locked"
    usual_hint = "safelight vault unlock"


class Unavailable(SafelightError):
    number, code, exit_code, status = 110, "unavailable", 9, 503
    sentence = "a lock or a server is not available"
    usual_hint = "wait for the other run to end"


class Busy(Unavailable):
    number, code, status = 111, "busy", 429
    sentence = "as much waits as may wait"
    usual_hint = "ask again after as many seconds as Retry-After says"

    def __init__(self, detail: str = "", *, hint: str = "", retry_after_s: int = 1) -> None:
        super().__init__(detail, hint=hint)
        self.retry_after_s = retry_after_s


class StillRunning(Unavailable):
    number, code, status = 112, "still-running", 409
    sentence = "the request with this Idempotency-Key still runs"
    usual_hint = "ask again when it has ended"


class Gone(SafelightError):
    number, code, status = 130, "gone", 410
    sentence = "it was here and is no longer"
    usual_hint = "send the picture again: results and jobs live in memory, for a short time"


class Cancelled(SafelightError):
    number, code, exit_code, status = 120, "cancelled", 130, 499
    sentence = "cancelled"
    usual_hint = "run the same command again: it resumes"


def family() -> list[type[SafelightError]]:
    """Every class of the tree, parents first, in the order of their numbers."""
    found: list[type[SafelightError]] = [SafelightError]
    for parent in found:
        found.extend(parent.__subclasses__())
    return sorted(found, key=lambda error: error.number)


def by_number(number: int) -> type[SafelightError]:
    """The class with this number; an unknown number counts as a plain failure."""
    return {error.number: error for error in family()}.get(number, SafelightError)
