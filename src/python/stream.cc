#include <deque>
#include <variant>

#include "python/python.h"

namespace convnext {
namespace {

// How long a call stays away from the interpreter, which has signals to handle (Ctrl-C).
constexpr std::chrono::milliseconds kAway{50};

// A PictureStream, and the Python objects whose memory its pictures are in. Its threads never take the GIL.
class PythonStream {
 public:
  explicit PythonStream(std::unique_ptr<PictureStream> stream) : stream_(std::move(stream)) {}

  bool HasRoom() const { return stream_->HasRoom(); }
  size_t waiting() const { return stream_->waiting(); }
  void Finish() { stream_->Finish(); }

  void PushPath(const std::string& path) { Push({.path = path}, {}); }
  void PushBytes(nb::handle object) {
    auto buffer = std::make_unique<Buffer>(object);
    const StreamInput input{.file = buffer->bytes()};
    Push(input, std::move(buffer));
  }
  void PushPixels(PixelArray pixels) {
    const StreamInput input{
        .pixels = {pixels.data(), pixels.size()}, .height = Size(pixels, 0), .width = Size(pixels, 1)};
    Push(input, std::move(pixels));
  }
  void PushTensor(TensorArray tensor) {
    const StreamInput input{
        .normalized = {tensor.data(), tensor.size()}, .height = Size(tensor, 1), .width = Size(tensor, 2)};
    Push(input, std::move(tensor));
  }

  // float32 [D] or a Failure; None if nothing waits or, without `wait`, if the next is not there yet.
  nb::object Next(bool wait) {
    while (stream_->waiting() > 0) {
      auto answer = [&] {
        const Away away;
        return stream_->Next(wait ? kAway : std::chrono::milliseconds(0));
      }();
      if (answer) return Take(*answer);
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      if (!wait) break;
    }
    return nb::none();
  }

 private:
  using Owner = std::variant<std::monostate, std::unique_ptr<Buffer>, PixelArray, TensorArray>;

  template <class Array>
  static int64_t Size(const Array& array, size_t dimension) {
    return static_cast<int64_t>(array.shape(dimension));
  }

  void Push(const StreamInput& input, Owner owner) {
    owners_.push_back(std::move(owner));
    stream_->Push(input);
  }

  nb::object Take(const PictureStream::Answer& answer) {
    owners_.pop_front();
    if (!answer.ok()) return MakeFailure(answer.status());
    return nb::cast(MakeArray(*answer, {answer->size()}));
  }

  std::deque<Owner> owners_;             // of the pictures that wait, in order
  OfThisProcess<PictureStream> stream_;  // ends before them
};

nb::object OpenStream(const PythonModel& model, int64_t batch_size, bool normalize) {
  auto stream = PictureStream::Open(model.engine(),
                                    {.batch_size = batch_size, .normalize = normalize, .threads = model.threads()});
  if (!stream.ok()) return MakeFailure(stream.status());
  return nb::cast(PythonStream(*std::move(stream)));
}

}  // namespace

void AddStream(nb::module_& module) {
  nb::class_<PythonStream>(module, "Stream")
      .def("has_room", &PythonStream::HasRoom)
      .def("waiting", &PythonStream::waiting)
      .def("finish", &PythonStream::Finish)
      .def("push_path", &PythonStream::PushPath)
      .def("push_bytes", &PythonStream::PushBytes)
      .def("push_pixels", &PythonStream::PushPixels, nb::arg().noconvert())
      .def("push_tensor", &PythonStream::PushTensor, nb::arg().noconvert())
      .def("next", &PythonStream::Next, nb::arg("wait"));
  module.def("open_stream", &OpenStream, nb::arg("model"), nb::arg("batch_size"), nb::arg("normalize"),
             nb::keep_alive<0, 1>());
}

}  // namespace convnext
