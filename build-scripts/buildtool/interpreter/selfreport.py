"""Runs in the interpreter under test: what machine is this, and what interpreter? Prints JSON."""

import gc
import json
import platform
import struct
import sys
import sysconfig

# Machine numbers in the headers of programs: ELF's e_machine, PE's Machine, Mach-O's cputype.
ELF = {
    3: "EM_386", 4: "EM_68K", 8: "EM_MIPS", 15: "EM_PARISC", 20: "EM_PPC", 21: "EM_PPC64",
    22: "EM_S390", 40: "EM_ARM", 43: "EM_SPARCV9", 62: "EM_X86_64", 183: "EM_AARCH64",
    243: "EM_RISCV",
}  # fmt: skip
PE = {0x14C: "I386", 0x8664: "AMD64", 0xAA64: "ARM64"}
MACH = {0x1000007: "CPU_TYPE_X86_64", 0x100000C: "CPU_TYPE_ARM64"}


def machine() -> str:
    """Return the machine's name from the header of the program that runs this."""
    path = "/proc/self/exe" if sys.platform == "linux" else sys.executable
    with open(path, "rb") as program:
        header = program.read(4096)
    if header[:4] == b"\x7fELF":
        (number,) = struct.unpack((">" if header[5] == 2 else "<") + "H", header[18:20])
        return ELF.get(number, f"e_machine {number}")
    if header[:2] == b"MZ":
        (start,) = struct.unpack("<I", header[0x3C:0x40])
        (number,) = struct.unpack("<H", header[start + 4 : start + 6])
        return "IMAGE_FILE_MACHINE_" + PE.get(number, hex(number))
    (number,) = struct.unpack("<I", header[4:8])
    return MACH.get(number, f"cputype {number}")


def flag(name: str) -> bool:
    """Return a variable of the configuration as a truth value."""
    return bool(sysconfig.get_config_var(name))


found = {
    "version": platform.python_version(),
    "system": platform.system(),
    "machine": machine(),
    "kernel": platform.machine(),
    "bits": struct.calcsize("P") * 8,
    "byte_order": sys.byteorder,
    "alignment": struct.calcsize("cP") - struct.calcsize("P"),
    "object_size": object.__basicsize__,
    "maxsize": sys.maxsize,
    "compiler": platform.python_compiler(),
    "libc": " ".join(platform.libc_ver()),
    "immortal": hasattr(gc, "immortalize"),
    "immortal_none": sys.getrefcount(None) > 1 << 27,
    "free_threaded": flag("Py_GIL_DISABLED"),
    "debug": hasattr(sys, "gettotalrefcount"),
    "trace_refs": hasattr(sys, "getobjects"),
    "pymalloc": flag("WITH_PYMALLOC") or sys.platform == "win32",
    # The header says 0 both where it is off and where the compiler decides.
    "computed_gotos": "--without-computed-gotos"
    not in str(sysconfig.get_config_var("CONFIG_ARGS")),
}
if found["immortal"]:
    # The count as it is stored: the encoding's initial value, for an object never counted.
    made = gc.immortalize(object())  # type: ignore[attr-defined]
    found["initial"] = sys.getrefcount(made)
print(json.dumps(found))
