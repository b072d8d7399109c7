"""Threads, fork, signals and the end of the interpreter."""
import pytest

from conftest import run_program, run_python

LOAD = "import convnext_cpp, os, sys, threading, time; m = convnext_cpp.load({!r}); f = {!r}\n"


@pytest.fixture
def begin(model_path, files):
    return LOAD.format(str(model_path), files[0])


def test_a_forked_child_says_so_and_ends(begin):
    done = run_python(begin + """
m.embed(f)
s = m.embed_iter([f] * 9, batch_size=2); next(s)
child = os.fork()
if child == 0:
    try:
        m.embed(f)
    except RuntimeError as error:
        print(error, flush=True)
    try:
        list(s)
    except RuntimeError as error:
        print("stream:", error, flush=True)
    del m, s
    sys.exit(7)
print("child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), m.embed(f).shape[0], flush=True)
""")
    assert done.returncode == 0, done.stderr
    assert "this model was loaded before fork()" in done.stdout and "stream: this model" in done.stdout
    assert "child 7 1" in done.stdout


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_other_processes_load_their_own(model_path, files, tmp_path, method):
    script = tmp_path / "pool.py"
    script.write_text(f"""
import multiprocessing
import convnext_cpp

model = None

def begin():
    global model
    model = convnext_cpp.load({str(model_path)!r}, threads=1)

def work(picture):
    return model.embed(picture)[0]

if __name__ == "__main__":
    pictures = {[str(file) for file in files]!r}
    with multiprocessing.get_context("{method}").Pool(2, begin) as pool:
        rows = pool.map(work, pictures)
    begin()
    print((model.embed(pictures) == rows).all())
""")
    done = run_program([str(script)])
    assert done.stdout.strip() == "True", done.stderr


def test_ctrl_c_stops(begin):
    done = run_python(begin + """
import itertools, signal
threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
began = time.time()
try:
    m.embed(itertools.repeat(f))
except KeyboardInterrupt:
    print("stopped", time.time() - began < 20)
""")
    assert "stopped True" in done.stdout, done.stderr


DAEMON = "threading.Thread(target=lambda: [{} for _ in range(100000)], daemon=True).start(); time.sleep(0.3)"


@pytest.mark.parametrize("code", [
    "s = m.embed_iter([f] * 100); next(s)",
    "import atexit; atexit.register(lambda: print(m.embed(f).shape))",
    DAEMON.format("m.embed([f] * 50)"),
    DAEMON.format("next(m.embed_iter([f] * 50))"),
    DAEMON.format("m.preprocess([f] * 50)"),
    DAEMON.format("convnext_cpp.load(sys.argv[1])"),
])
def test_the_interpreter_ends_with_everything_alive(begin, model_path, code):
    done = run_program(["-c", begin + code, str(model_path)])
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_lock_is_released(begin):
    done = run_python(begin + """
ticks = 0
running = True
def tick():
    global ticks
    while running:
        time.sleep(0.001)
        ticks += 1
thread = threading.Thread(target=tick); thread.start()
began = time.time()
while time.time() - began < 1.5:
    m.embed([f] * 10)
running = False; thread.join()
print("ticks", ticks)
""")
    assert int(done.stdout.split()[-1]) > 100, done.stdout + done.stderr


@pytest.mark.parametrize("environment, given, expected", [
    ({"OMP_NUM_THREADS": "1"}, None, 1), ({"OMP_NUM_THREADS": "1,2"}, None, 1), ({"OMP_NUM_THREADS": "1"}, 2, 2),
    ({"OMP_NUM_THREADS": "none"}, 1, 1)])
def test_threads(model_path, environment, given, expected):
    done = run_python(f"import convnext_cpp; print(convnext_cpp.load({str(model_path)!r}, threads={given}).info['threads'])", **environment)
    assert done.stdout.strip() == str(expected), done.stderr
