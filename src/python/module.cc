#include <atomic>
#include <chrono>
#include <thread>

#include "python/python.h"

namespace convnext {
namespace {

std::atomic<int> calls_away = 0;  // changed with the interpreter's lock
std::atomic<bool> ends = false;

const char* NameOf(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kInvalid:
      return "invalid";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kIo:
      return "io";
    case Code::kInternal:
      return "internal";
    case Code::kCancelled:
      return "cancelled";
  }
  return "internal";
}

}  // namespace

nb::object MakeFailure(const Status& status) {
  return nb::cast(Failure{NameOf(status.code()), std::string(status.kind()), status.message()});
}

FloatArray MakeArray(std::span<const float> values, std::initializer_list<size_t> shape) {
  auto copy = std::make_unique<float[]>(values.size());
  std::copy(values.begin(), values.end(), copy.get());
  float* const data = copy.release();
  const nb::capsule owner(data, [](void* array) noexcept { delete[] static_cast<float*>(array); });
  return FloatArray(data, shape, owner);
}

Away::Away() {
  if (ends) return;
  ++calls_away;
  release_.emplace();
}

Away::~Away() {
  if (!release_) return;
  release_.reset();
  --calls_away;
}

void Away::End() {
  ends = true;
  const nb::gil_scoped_release release;
  while (calls_away > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void Away::AfterFork() { calls_away = 0; }

Buffer::Buffer(nb::handle object) {
  if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) throw nb::python_error();
}

}  // namespace convnext

NB_MODULE(_convnext, module) {
  using convnext::Failure;
  nanobind::set_leak_warnings(false);  // objects that live until the interpreter ends are no fault
  nanobind::class_<Failure>(module, "Failure")
      .def_ro("code", &Failure::code)
      .def_ro("kind", &Failure::kind)
      .def_ro("message", &Failure::message);
  module.attr("version") = std::string(convnext::Version());
  module.attr("commit") = std::string(convnext::Commit());
  module.def("end", &convnext::Away::End);
  module.def("after_fork", &convnext::Away::AfterFork);
  convnext::AddModel(module);
  convnext::AddStream(module);
}
