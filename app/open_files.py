"""How many sockets and files this process may have open: each reader of the feed takes one."""

import resource


def allow_open_files(wanted: int) -> str:
    """Raise the process's own limit; the sentence says what is missing, and is empty if nothing is.

    A process may go up to its hard limit by itself (setrlimit(2)); further only root can.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ""
    reachable = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
    if reachable == wanted:
        return ""
    return (
        f"{wanted} open files are needed for as many readers as there may be, and the system allows"
        f" {reachable}: raise the hard limit (ulimit -Hn, LimitNOFILE of systemd)"
    )
