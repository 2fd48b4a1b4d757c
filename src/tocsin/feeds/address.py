"""Which network addresses a feed may be fetched from."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network


def _networks(what: str, *networks: str) -> list[tuple[Network, str]]:
    return [(ip_network(network), what) for network in networks]


_METADATA = "it is where clouds keep the credentials of their machines"
_WRAPPED = "it wraps an IPv4 address, which could be any"

# The more particular comes first, since the first that fits gives the reason.
_NEVER = (
    *_networks(
        _METADATA,
        "169.254.169.254/32",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
    ),
    *_networks("it means no particular machine", "0.0.0.0/8", "::/128"),
    *_networks("it is link-local", "169.254.0.0/16", "fe80::/10"),
    *_networks("it is multicast", "224.0.0.0/4", "ff00::/8"),
    *_networks(_WRAPPED, "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
    *_networks("it is for documentation", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
    *_networks("it is for documentation", "2001:db8::/32", "3fff::/20"),
    *_networks("it is for protocols and tests", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
    *_networks("it is for protocols and tests", "2001::/23", "100::/64"),
    *_networks("it is reserved", "240.0.0.0/4"),
)
_PRIVATE = (
    *_networks("it is this machine", "127.0.0.0/8", "::1/128"),
    *_networks("it is in a private network", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
    *_networks("it is in a private network", "fc00::/7"),
)
_PUBLIC_IPV6 = ip_network("2000::/3")


def why_refused(address: Address, *, private: bool) -> str | None:
    """Why nothing may be fetched from an address; None where it may.

    Args:
        address: As the name was resolved. Forms that wrap an IPv4 address are refused whatever they wrap.
        private: This machine and private networks are allowed. Nothing else changes: link-local, multicast, reserved
            and metadata addresses stay refused.
    """
    forbidden = next((why for network, why in _NEVER if _within(address, network)), None)
    if forbidden is not None:
        return forbidden
    inside = next((why for network, why in _PRIVATE if _within(address, network)), None)
    if inside is not None:
        return None if private else f"{inside}; set TOCSIN_FETCH_PRIVATE to allow it"
    if address.version == _PUBLIC_IPV6.version and not _within(address, _PUBLIC_IPV6):
        return "it is reserved"
    return None


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
