// The extension module convnext_cpp._convnext: engine.h for Python. Errors are values here, too: what fails gives a
// Failure, and the package raises it (python/convnext_cpp/_errors.py).
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "convnext/engine.h"

namespace convnext {

namespace nb = nanobind;

// A Status that is not ok.
struct Failure {
  std::string code;     // "invalid", "unavailable", "io", "internal", "cancelled"
  std::string kind;     // Status::kind(), as "picture.damaged"; may be empty
  std::string message;  // what was found, what was expected, what to do
};
nb::object MakeFailure(const Status& status);

using FloatArray = nb::ndarray<nb::numpy, float>;
// A NumPy array that owns a copy of `values`.
FloatArray MakeArray(std::span<const float> values, std::initializer_list<size_t> shape);

using PixelArray = nb::ndarray<const uint8_t, nb::shape<-1, -1, 3>, nb::c_contig, nb::device::cpu>;
using TensorArray = nb::ndarray<const float, nb::shape<3, -1, -1>, nb::c_contig, nb::device::cpu>;

// The bytes of a Python object with the buffer protocol, which it keeps as they are meanwhile. Used with the GIL.
class Buffer {
 public:
  explicit Buffer(nb::handle object);  // throws Python's TypeError or BufferError
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { PyBuffer_Release(&view_); }
  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(view_.buf), static_cast<size_t>(view_.len)};
  }

 private:
  Py_buffer view_;
};

// Away from the interpreter: its lock is free for other threads while this lives. A thread that wants the lock back
// after the interpreter has begun to end never gets it: it is ended where it stands, which C++ frames do not survive
// (CPython 3.11's take_gil; a hang since 3.14). So the end waits for all that are away, and later nobody leaves.
class Away {
 public:
  Away();
  Away(const Away&) = delete;
  Away& operator=(const Away&) = delete;
  ~Away();

  static void End();        // at the interpreter's end (atexit), with the lock
  static void AfterFork();  // in the child, where nobody is away

 private:
  std::optional<nb::gil_scoped_release> release_;
};

// What belongs to the process that made it: in a child of fork() its threads are not there, so it is not destroyed.
template <class T>
class OfThisProcess {
 public:
  explicit OfThisProcess(std::unique_ptr<T> value) : value_(std::move(value)) {}
  OfThisProcess(OfThisProcess&&) = default;
  ~OfThisProcess() {
    if (!value_) return;
    if (IsHere()) {
      const Away away;  // it joins threads
      value_.reset();
    } else {
      static_cast<void>(value_.release());
    }
  }
  bool IsHere() const { return process_ == ::getpid(); }
  T& operator*() const { return *value_; }
  T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
  pid_t process_ = ::getpid();
};

void AddModel(nb::module_& module);
void AddStream(nb::module_& module);

// A loaded model.
class PythonModel {
 public:
  PythonModel(Engine engine, int threads) : engine_(std::make_unique<Engine>(std::move(engine))), threads_(threads) {}
  bool IsHere() const { return engine_.IsHere(); }
  const Engine& engine() const { return *engine_; }
  int threads() const { return threads_; }  // that decode

 private:
  OfThisProcess<Engine> engine_;
  int threads_;
};

}  // namespace convnext
