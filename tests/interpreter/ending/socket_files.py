import socket

pairs = [socket.socketpair() for _ in range(4)]
text = pairs[0][0].makefile("w")
binary = pairs[1][0].makefile("wb")
both = pairs[2][0].makefile("rwb")
early = socket.socketpair()
seal()
late = pairs[3][0].makefile("w")
if child():
    for file in (text, late):
        file.write("the last line\n")
    for file in (binary, both):
        file.write(b"the last line\n")
    sys.exit(3)
for ours, theirs in pairs:
    ours.close()
for file in (text, binary, both, late):
    file.close()
for ours, theirs in pairs:
    say(theirs.recv(100))
