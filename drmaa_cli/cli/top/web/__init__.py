"""``drmaa-cli top --web``: the live view as a page in a browser.

A server listens, on this host alone unless told otherwise. Each page that is open has a process of its own,
which is ``top`` without a terminal; what the one draws and the other types travels through a WebSocket.
The library textual-serve has the browser's side of it and the protocol to the process; it lets everybody in,
and that is what the guard is for.

======== ===================================================================== ========
module   what                                                                  effects
======== ===================================================================== ========
guard    who is let in: what is asked of each request                          none
messages what a page may say                                                   none
viewer   the process behind a page                                             processes
site     the paths that there are, and the headers of their answers            aiohttp
serve    the socket, the address that is printed, the end                      network
window   runs in the process behind a page                                     textual
page/    the page itself: its text, how it looks, what it does at its ends     -
======== ===================================================================== ========
"""
