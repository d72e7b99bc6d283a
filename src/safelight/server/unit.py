"""Unit: a service of systemd for this server, fenced once more from outside.

The service needs no right of root and no file beyond its own folder. What it must keep is told with
a reason; everything else that systemd can take away is taken away.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import PurePath

from safelight.server.options import ServeOptions

# What a word may consist of without quotes; a percent sign would name something of systemd's.
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@")
LOCAL = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fe80::/10"
HOMES = ("/home", "/root")
STOP_MORE_S = 10

TEXT = """\
# A private image server. Put this into /etc/systemd/system/safelight.service, then:
#   systemctl daemon-reload && systemctl enable --now safelight
#   journalctl -u safelight        the address, and a line a call: when, how long, how much, how
[Unit]
Description=Safelight: images worked on here, and nowhere else
Documentation=man:systemd.exec(5)
After=network.target

[Service]
Type=exec
ExecStart={command}
Restart=on-failure
RestartSec=1
# It is asked once, and finishes what is in flight.
KillMode=mixed
TimeoutStopSec={stop_s}

# Nobody but this service: a user of its own, who owns one folder and nothing else.
DynamicUser=yes
StateDirectory=safelight
StateDirectoryMode=0700
UMask=0077
Environment=HOME=%S/safelight

# Nobody elsewhere: the kernel drops what comes from or goes to another network.
IPAddressDeny=any
IPAddressAllow={networks}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6

# Pictures are in memory: never in swap, never in a core file.
MemorySwapMax=0
LimitCORE=0
LimitNOFILE=16384

# Files: its programs to read, its folder to write.
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
{devices}
ProtectProc=invisible
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
PrivateUsers=yes
PrivateMounts=yes
RemoveIPC=yes

# Rights: none, and none to be had.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
KeyringMode=private
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
# Each picture is opened in namespaces of its own, made without any right: these must be had.
RestrictNamespaces=user net mnt ipc uts pid cgroup
# mount is called in such a namespace alone, to empty it.
SystemCallArchitectures=native
SystemCallFilter=@system-service @mount memfd_secret seccomp
SystemCallFilter=landlock_create_ruleset landlock_add_rule landlock_restrict_self
SystemCallFilter=~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
NO_DEVICES = "PrivateDevices=yes"
CARDS = """\
# The card that runs models is asked by its driver's files, and by no others.
DevicePolicy=closed
DeviceAllow=char-nvidia rw
DeviceAllow=char-nvidia-uvm rw"""


def networks(options: ServeOptions) -> str:
    """From where it may be asked: as far as it listens, and no further."""
    if not options.is_lan:
        return "localhost"
    named = "127.0.0.1" if options.host == "localhost" else options.host
    address = ipaddress.ip_address(named)
    is_near = address.is_loopback or any(
        address in ipaddress.ip_network(network) for network in LOCAL.split()
    )
    return f"localhost {LOCAL}" if is_near else "any"


def unit(
    program: Sequence[str], words: Sequence[str], options: ServeOptions, *, uses_card: bool
) -> str:
    """The text of the unit. program starts this installation, words are those of `serve` besides
    its folders, as they were typed; options are what they mean. Raises ValueError for a host that
    is no address.
    """
    folders = ("--state-dir", "%S/safelight/state", "--data-dir", "%S/safelight/data")
    typed = [*program, "serve", "--no-browser", *words]
    command = [*(quoted(word) for word in typed), *folders]
    in_home = any(PurePath(program[0]).is_relative_to(home) for home in HOMES)
    return TEXT.format(
        command=" ".join(command),
        stop_s=options.grace_s + STOP_MORE_S,
        networks=networks(options),
        home="read-only" if in_home else "yes",
        devices=CARDS if uses_card else NO_DEVICES,
    )


def quoted(word: str) -> str:
    """As systemd reads it back: nothing in it names a variable or a place."""
    doubled = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return word if word and set(word) <= PLAIN else f'"{doubled}"'
