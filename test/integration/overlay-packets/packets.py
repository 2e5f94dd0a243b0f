"""
Sends and hears frames at the workloads of a lab, for packets.ts: one process with sockets in each of their namespaces.
Its one argument is JSON: a list of places with name, namespace, addresses and ports. A place with addresses is a
workload, and answers on these ports over TCP and UDP; one without is a host, and sends IPv4 packets as they are. Questions
and answers are lines of JSON.
"""
import ctypes
import json
import os
import select
import socket
import sys
import time

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
PACKET_OUTGOING = 4
SO_RCVBUFFORCE = 33
# A switch in user space takes a few hundred frames at a time, and forgets the rest.
BURST = 24
PAUSE_S = 0.004

poll = select.poll()
handlers = {}
senders = {}
heard = []
repeated = {"frames": [], "every": 0.0, "next": 0.0}


def on(sock, handler):
    sock.setblocking(False)
    poll.register(sock.fileno(), select.POLLIN)
    handlers[sock.fileno()] = handler


def off(sock):
    poll.unregister(sock.fileno())
    del handlers[sock.fileno()]
    sock.close()


def hear(place, sock):
    while True:
        try:
            frame, address = sock.recvfrom(65535)
        except (BlockingIOError, OSError):
            return
        if address[2] != PACKET_OUTGOING:
            heard.append([place, time.monotonic() * 1000, frame.hex()])


def answer_datagram(sock):
    try:
        data, address = sock.recvfrom(65535)
        sock.sendto(data, address)
    except OSError:
        pass


def answer_connection(listener):
    try:
        sock, _ = listener.accept()
    except OSError:
        return

    def echo():
        try:
            data = sock.recv(65535)
        except OSError:
            data = b""
        if data == b"":
            off(sock)
            return
        try:
            sock.send(data)
        except OSError:
            pass

    on(sock, echo)


def serve(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for kind, handler in ((socket.SOCK_STREAM, answer_connection), (socket.SOCK_DGRAM, answer_datagram)):
        sock = socket.socket(family, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(256)
        on(sock, lambda sock=sock, handler=handler: handler(sock))


def open_place(libc, place):
    with open("/run/netns/" + place["namespace"]) as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns " + place["namespace"])
    if not place["addresses"]:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        senders[place["name"]] = lambda packet: sock.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
        return
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    sock.bind(("eth0", ETH_P_ALL))
    senders[place["name"]] = sock.send
    on(sock, lambda: hear(place["name"], sock))
    for address in place["addresses"]:
        for port in place["ports"]:
            serve(address, port)


def send(place, frame):
    try:
        senders[place](bytes.fromhex(frame))
    except OSError as fault:
        # A buffer that is full is a packet that is lost, as on any network.
        if fault.errno not in (11, 105):
            raise


def turn(seconds):
    for descriptor, _ in poll.poll(seconds * 1000):
        handler = handlers.get(descriptor)
        if handler is not None:
            handler()
    if repeated["frames"] and time.monotonic() >= repeated["next"]:
        repeated["next"] = time.monotonic() + repeated["every"]
        for place, frame in repeated["frames"]:
            send(place, frame)


def send_all(frames):
    for index, (place, frame) in enumerate(frames):
        send(place, frame)
        if index % BURST == BURST - 1:
            until = time.monotonic() + PAUSE_S
            while time.monotonic() < until:
                turn(PAUSE_S)


def take_heard():
    taken = list(heard)
    heard.clear()
    return taken


def obey(question):
    if question["do"] == "send":
        send_all(question["frames"])
    elif question["do"] == "repeat":
        repeated.update(frames=question["frames"], every=question["everyMs"] / 1000)
    return {"heard": take_heard() if question["do"] == "heard" else []}


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    for place in json.loads(sys.argv[1]):
        open_place(libc, place)
    buffered = bytearray()

    def listen():
        data = os.read(0, 1 << 20)
        if data == b"":
            sys.exit(0)
        buffered.extend(data)
        while b"\n" in buffered:
            line, _, rest = bytes(buffered).partition(b"\n")
            buffered[:] = rest
            print(json.dumps(obey(json.loads(line))), flush=True)

    poll.register(0, select.POLLIN)
    handlers[0] = listen
    print(json.dumps({"heard": []}), flush=True)
    while True:
        turn(min(0.5, max(0.0, repeated["next"] - time.monotonic())) if repeated["frames"] else 0.5)


main()
