"""Explanations of what was typed wrong, and of images that cannot be had."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot import errors
from bot.model.images import SignatureFault
from bot.model.registry_login import LoginSource
from bot.model.slash import SLASH
from bot.render.errors.explanation import (
    LISTINGS,
    REFUSED,
    Explain,
    Explanation,
    alternatives,
    codes,
    did_you_mean,
)
from bot.render.registry_logins import looked
from bot.render.slack.blocks import familiar
from bot.render.slack.text import code, escape, prose, sentence, shortened

_SHOWN_CHARACTERS = 100
"""Of a name that there is not: enough to know again what was typed."""
_ID_CHARACTERS = 12
"""As many as Docker's own command line shows."""
_ID = re.compile(r"[0-9a-z]{25}")
"""What Swarm calls an object, whole. People do not type it: it comes from a button or a copy."""
_READ_ANEW = "The bot reads credentials anew at the next command."


def _unclosed_quote(error: errors.UnclosedQuoteError) -> Explanation:
    return Explanation(f"A quote is never closed in {code(error.line)}. Close it, or leave it out.")


def _unknown_command(error: errors.UnknownCommandError) -> Explanation:
    example = error.right or next(iter(error.near), "help")
    typed = code(shortened(error.typed, _SHOWN_CHARACTERS))
    return Explanation(f"No command {typed}.{did_you_mean(error.near)}", example)


def _unknown_flag(error: errors.UnknownFlagError) -> Explanation:
    text = f"{code(error.command)} has no {code(error.flag)}.{did_you_mean(error.near)}"
    return Explanation(text, error.right or f"help {error.command}")


def _elsewhere(error: errors.ElsewhereError) -> Explanation:
    if not error.command:
        text = f"{code(f'docker {error.typed}')} {prose(error.why)}."
        return Explanation(text, error.right)
    text = f"{code(error.command)} takes no {code(error.typed)} here: {prose(error.why)}."
    return Explanation(text, error.right or f"help {error.command}")


def _invalid_line(error: errors.InvalidLineError) -> Explanation:
    usage = f" Right is {code(error.usage)}." if error.usage else ""
    problem = prose(error.problem if error.command else sentence(error.problem)).rstrip(".")
    command = f"{code(error.command)}: " if error.command else ""
    return Explanation(f"{command}{problem}.{usage}", error.example)


def _invalid_value(error: errors.InvalidValueError) -> Explanation:
    value = f"is {code(error.value)}" if error.value.strip() else "is empty"
    return Explanation(
        f"{code(error.field)} {value}, expected {prose(error.expected)}.", error.example
    )


def _edited_line(error: errors.EditedLineError) -> Explanation:
    del error
    return Explanation(
        "Nothing ran: an edited message is not taken as a command. Write it as a new message.",
        mark=REFUSED,
    )


def _secret_typed(error: errors.SecretTypedError) -> Explanation:
    text = (
        f"Nothing ran: {escape(error.secret)} stood in the line, and Slack keeps what is typed. "
        "Rotate it, then send the line without it: where a secret is needed, you are asked in "
        "private."
    )
    return Explanation(text, mark=REFUSED)


def _unknown_name(error: errors.UnknownNameError) -> Explanation:
    kind, listing = escape(error.kind), LISTINGS.get(error.kind, "help")
    hint = did_you_mean(error.near) or f" {code(f'{SLASH} ' + listing)} shows what there is."
    if error.kind == "engine":
        hint = f" swarmbot knows those that {code('[[engines]]')} names, else its own.{hint}"
    about, _, id_ = error.name.rpartition(":")
    if _ID.fullmatch(id_):
        short = code(id_[:_ID_CHARACTERS])
        gone = f"over: none is about {short}" if about else f"gone: none has the id {short}"
        return Explanation(f"This {kind} is {gone} any more.{hint}")
    name = code(shortened(error.name, _SHOWN_CHARACTERS))
    return Explanation(f"No {kind} {name}.{hint}", listing if error.near else "")


def _ambiguous_name(error: errors.AmbiguousNameError) -> Explanation:
    text = f"{code(error.name)} fits more than one {escape(error.kind)}: {codes(error.matches)}."
    return Explanation(f"{text} Use the id, or the whole name.", LISTINGS.get(error.kind, ""))


def _image_not_found(error: errors.ImageNotFoundError) -> Explanation:
    return Explanation(
        f"The registry has no {code(familiar(error.image))}. Check name and tag, or push it; "
        "nothing was changed."
    )


def _registry_unavailable(error: errors.RegistryUnavailableError) -> Explanation:
    return Explanation(
        f"The registry of {code(familiar(error.image))} does not answer: "
        f"{prose(error.reason.rstrip('.'))}. Nothing was changed. Try again, or go on without the "
        f"check by {code('--resolve-image never')}."
    )


def _registry_busy(error: errors.RegistryBusyError) -> Explanation:
    return Explanation(
        f"Many people ask registries right now, so nobody was asked about "
        f"{code(familiar(error.image))}. Nothing was changed. Try again in some seconds."
    )


def _private_registry(error: errors.PrivateRegistryError) -> Explanation:
    return Explanation(
        f"{code(error.image.registry)} is on a private network, and nothing names it as a "
        f"registry, so it was not asked. Where it is one, name it under {code('[[registries]]')} "
        "in the configuration file."
    )


_SIGNATURE_FAULTS = {
    SignatureFault.NONE: "it has no signature. Sign it, then send the line again",
    SignatureFault.OTHER: "no signature of it fits the key",
    SignatureFault.NO_DIGEST: (
        f"without its digest nobody knows whether this one is. Leave out "
        f"{code('--resolve-image never')}, or name the digest"
    ),
    SignatureFault.KEY: (
        f"the key that {code('require_signature')} names cannot be read as a public key of cosign"
    ),
}


def _unsigned_image(error: errors.UnsignedImageError) -> Explanation:
    return Explanation(
        f"{code(familiar(error.image))} was not deployed: images of this registry have to be "
        f"signed, and {_SIGNATURE_FAULTS[error.fault]}. Nothing was changed.",
        mark=REFUSED,
    )


def _registry_denied(error: errors.RegistryDeniedError) -> Explanation:
    return Explanation(
        f"The registry does not give {code(familiar(error.image))}: "
        f"{escape(looked(error.source))}. {_login_advice(error.source)} Nothing was changed."
    )


def _login_advice(source: LoginSource) -> str:
    if not source.place:
        return f"Where it is not private, check name and tag. {_READ_ANEW}"
    if source.fault:
        return f"Mend that. {_READ_ANEW}"
    return f"Perhaps a token has expired, or this user may not read the image. {_READ_ANEW}"


def _image_only_on_node(error: errors.ImageOnlyOnNodeError) -> Explanation:
    return Explanation(
        f"{code(familiar(error.image))} lies on a node, and no registry has it: Swarm never "
        "uses an image that only lies on a node. Push it to a registry that all nodes reach, and "
        "begin its name with that registry's; nothing was changed."
    )


def _no_platform(error: errors.NoPlatformError) -> Explanation:
    offered = alternatives(map(str, error.offered)) or "no known platform"
    return Explanation(
        f"{code(familiar(error.image))} is built for {offered}, and the nodes run "
        f"{alternatives(map(str, error.wanted))}. Push a multi-platform image; nothing was changed."
    )


INPUT_ERRORS: Mapping[type, Explain] = {
    errors.UnclosedQuoteError: _unclosed_quote,
    errors.UnknownCommandError: _unknown_command,
    errors.UnknownFlagError: _unknown_flag,
    errors.ElsewhereError: _elsewhere,
    errors.InvalidLineError: _invalid_line,
    errors.InvalidValueError: _invalid_value,
    errors.EditedLineError: _edited_line,
    errors.SecretTypedError: _secret_typed,
    errors.UnknownNameError: _unknown_name,
    errors.AmbiguousNameError: _ambiguous_name,
    errors.ImageNotFoundError: _image_not_found,
    errors.RegistryUnavailableError: _registry_unavailable,
    errors.RegistryBusyError: _registry_busy,
    errors.PrivateRegistryError: _private_registry,
    errors.RegistryDeniedError: _registry_denied,
    errors.UnsignedImageError: _unsigned_image,
    errors.ImageOnlyOnNodeError: _image_only_on_node,
    errors.NoPlatformError: _no_platform,
}
