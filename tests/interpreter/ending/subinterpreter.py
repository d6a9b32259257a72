# endings: return, sys.exit, raise, os._exit
import _xxsubinterpreters as interpreters

ident = interpreters.create()
seal()
interpreters.run_string(ident, "import os; os.write(1, b'inside\\n')")
end()
