"""
Sends and hears SCTP at a workload, without a kernel that knows it. Lines in: ADDRESS HEX, a packet to send; lines out: the same
of each packet that came, by its sender's address.
"""

import select
import socket
import sys

sockets = {
    family: socket.socket(family, socket.SOCK_RAW, 132) for family in (socket.AF_INET, socket.AF_INET6)
}
print("ready", flush=True)
while True:
    readable, _, _ = select.select([sys.stdin, *sockets.values()], [], [])
    for each in readable:
        if each is sys.stdin:
            line = sys.stdin.readline()
            if line == "":
                sys.exit(0)
            address, packet = line.split()
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sockets[family].sendto(bytes.fromhex(packet), (address, 0))
        else:
            data, sender = each.recvfrom(65535)
            # Of IPv4 the header comes too, whose first byte says how long it is.
            start = 4 * (data[0] & 15) if each.family == socket.AF_INET else 0
            print(sender[0], data[start:].hex(), flush=True)
