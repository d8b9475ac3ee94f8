"""A server's own shell, which stays there from one question to the next: to start one costs more than
most questions."""

import subprocess

END = "that was all"


class Shell:
    """COMMAND runs a mariadb or mysql that takes SQL from its standard input, with --force and
    --unbuffered."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def ask(self, sql):
        """The lines of the answer, errors among them."""
        self.process.stdin.write(f"{sql};\nSELECT '{END}';\n".encode())
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()) != f"{END}\n".encode():
            if not line:
                raise EOFError("the server's shell has ended: " + " ".join(lines[-5:]))
            lines.append(line.decode(errors="replace").rstrip("\n"))
        return lines
