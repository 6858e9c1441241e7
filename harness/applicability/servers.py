"""Whether a check applies, by the Authorization Server Metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Predicate, Ruling, predicate, present

if TYPE_CHECKING:
    from harness.facts import Facts


class Servers:
    """Predicates about the metadata of the Authorization Servers."""

    @predicate()
    @staticmethod
    def server_under_test(facts: Facts) -> Ruling:
        """The Authorization Server is judged with the issuer, since it is not one that the run plays."""
        played = facts.govuk is not None
        whose = "the token service of this run" if played else "judged with the issuer"
        return Ruling(not played, f"the Authorization Server is {whose}")

    @predicate()
    @staticmethod
    def server_metadata(facts: Facts) -> Ruling:
        """At least one Authorization Server publishes metadata, be it at the wrong place."""
        servers = [server for server in facts.issuer.servers if server.metadata and not server.inline]
        names = [server.identifier for server in servers]
        return Ruling(bool(names), f"authorization servers with metadata: {names or 'none'}")

    @predicate()
    @staticmethod
    def server_metadata_in_place(facts: Facts) -> Ruling:
        """At least one Authorization Server answers where RFC 8414 wants its metadata."""
        servers = [server for server in facts.issuer.servers if server.reply and server.reply.successful]
        urls = [server.url for server in servers]
        return Ruling(bool(urls), f"authorization server metadata is at {urls or 'no well-known location'}")

    @staticmethod
    def server_metadata_has(name: str) -> Predicate:
        """The metadata of at least one Authorization Server has this member."""

        def rule(facts: Facts) -> Ruling:
            names = [server.identifier for server in facts.issuer.servers if name in server.metadata]
            return Ruling(bool(names), f"authorization servers with {name}: {names or 'none'}")

        return Predicate(frozenset(), rule)

    @predicate()
    @staticmethod
    def server_with_code_flow(facts: Facts) -> Ruling:
        """The metadata of at least one Authorization Server announces the Authorization Code Flow."""
        servers = [server for server in facts.issuer.servers if server.serves("authorization_code")]
        names = [server.identifier for server in servers]
        return Ruling(bool(names), f"authorization servers with the Authorization Code Flow: {names or 'none'}")

    @staticmethod
    def server_lists(name: str, *values: str) -> Predicate:
        """The metadata of at least one Authorization Server lists one of the values in this member."""

        def rule(facts: Facts) -> Ruling:
            names = [
                server.identifier
                for server in facts.issuer.servers
                if isinstance(listed := server.metadata.get(name), list) and any(v in listed for v in values)
            ]
            return Ruling(bool(names), f"authorization servers with {' or '.join(values)}: {names or 'none'}")

        return Predicate(frozenset(), rule)

    @staticmethod
    def server_of_flow_has_any(*names: str) -> Predicate:
        """The metadata of the flow's Authorization Server has one of these members."""

        def rule(facts: Facts) -> Ruling:
            found = [name for name in names if name in facts.server.metadata]
            return Ruling(bool(found), f"the server metadata has {', '.join(found) or 'no such member'}")

        return Predicate(frozenset({"server"}), rule)

    @staticmethod
    def server_of_flow_has(name: str) -> Predicate:
        """The metadata of the flow's Authorization Server has this member."""
        return Predicate(
            frozenset({"server"}), lambda facts: present(facts.server.metadata, name, "the server metadata")
        )
