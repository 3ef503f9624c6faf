// Compiles every .py under a directory with CPython as Pyodide ships it (WebAssembly), so that a machine without
// Lambda's Python version still makes Lambda's bytecode: the format depends on CPython's minor version only.
//   node compile_bytecode.mjs DIRECTORY PYTHON_VERSION
import { loadPyodide } from "pyodide";

const [directory, version] = process.argv.slice(2);
const python = await loadPyodide();
python.mountNodeFS("/var/task", directory); // Lambda's own path, so tracebacks name the real files
python.globals.set("wanted", version);
python.runPython(`
import compileall, sys
found = f"{sys.version_info.major}.{sys.version_info.minor}"
if found != wanted:
    raise SystemExit(f"Pyodide brings Python {found}, the functions run {wanted}: pin the matching pyodide in package.json")
from py_compile import PycInvalidationMode
if not compileall.compile_dir("/var/task", quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH):
    raise SystemExit("some files did not compile")
`);
