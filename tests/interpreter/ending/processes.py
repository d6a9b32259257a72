# endings: return, sys.exit, raise, child return, child sys.exit, child raise
import subprocess

tool = subprocess.Popen(
    [sys.executable, "-c", "print(len(input()))"], stdin=subprocess.PIPE, text=True
)
seal()
tool.stdin.write("12345\n")
if "child" in ENDING_NAME:
    tool.communicate()
end()
