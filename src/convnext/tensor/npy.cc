#include "convnext/tensor/npy.h"

#include <charconv>
#include <cstring>

#include "convnext/tensor/half.h"

namespace convnext {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxHeader = 65535;
constexpr size_t kMaxDimensions = 32;  // NumPy's own limit until 2.0

struct Element {
  std::string_view dtype, descr;
  size_t size;  // bytes
};
constexpr Element kElements[] = {{"float16", "<f2", 2}, {"float32", "<f4", 4}, {"float64", "<f8", 8}};

size_t ElementSize(std::string_view dtype) {
  for (const Element& element : kElements) {
    if (element.dtype == dtype) return element.size;
  }
  return 0;
}

// Reads the Python dictionary of a header: exactly the keys 'descr', 'fortran_order' and 'shape', in any order.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  Status Parse(NpyHeader& header) {
    if (!Consume("{")) return Malformed();
    bool comma = true;  // one between two entries, and if need be one behind the last
    while (!Consume("}")) {
      if (!comma) return Malformed();
      CONVNEXT_RETURN_IF_ERROR(ParseEntry(header));
      comma = Consume(",");
    }
    const bool at_end = rest_.find_first_not_of(" \n") == std::string_view::npos;
    return at_end && seen_ == (kDescr | kOrder | kShape) ? Status() : Malformed();
  }

 private:
  enum Key { kDescr = 1, kOrder = 2, kShape = 4 };

  static Status Malformed() {
    return Invalid(
        "the .npy header is malformed; expected what numpy.save writes: 'descr', 'fortran_order' and 'shape'");
  }

  bool Consume(std::string_view token) {
    const size_t start = rest_.find_first_not_of(" \n");
    if (start == std::string_view::npos || rest_.substr(start, token.size()) != token) return false;
    rest_.remove_prefix(start + token.size());
    return true;
  }

  Status ParseEntry(NpyHeader& header) {
    const Key key = Consume("'descr'") ? kDescr : Consume("'fortran_order'") ? kOrder : kShape;
    if ((key == kShape && !Consume("'shape'")) || (seen_ & key) != 0 || !Consume(":")) return Malformed();
    seen_ |= key;
    if (key == kDescr) return ParseDescr(header.dtype);
    return key == kOrder ? ParseOrder() : ParseShape(header.shape);
  }

  Status ParseDescr(std::string& dtype) {
    const size_t end = Consume("'") ? rest_.find('\'') : std::string_view::npos;
    if (end == std::string_view::npos) return Malformed();
    const std::string_view descr = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    for (const Element& element : kElements) {
      if (descr == element.descr) return dtype = element.dtype, Status();
    }
    return Invalid("dtype '{}'; expected float16 ('<f2'), float32 ('<f4') or float64 ('<f8')", Printable(descr));
  }

  Status ParseOrder() {
    if (Consume("True")) return Invalid("the array is in Fortran order; save numpy.ascontiguousarray(x) instead");
    return Consume("False") ? Status() : Malformed();
  }

  Status ParseShape(Shape& shape) {
    if (!Consume("(")) return Malformed();
    bool comma = true;
    while (!Consume(")")) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
      int64_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (!comma || error != std::errc() || size < 0 || shape.size() == kMaxDimensions) return Malformed();
      shape.push_back(size);
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      comma = Consume(",");
    }
    return {};
  }

  std::string_view rest_;
  int seen_ = 0;  // the keys so far
};

Result<NpyHeader> ParseHeader(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.substr(0, kMagic.size()) != kMagic || text.size() < 12) return Invalid("not a .npy file");
  const auto byte = [&](size_t i) { return static_cast<size_t>(file[i]); };
  const size_t version = byte(6);
  if (version < 1 || version > 3) return Invalid(".npy format version {}; 1 to 3 are known", version);
  const size_t start = version == 1 ? 10 : 12;
  const size_t length =
      version == 1 ? byte(8) + (byte(9) << 8) : byte(8) + (byte(9) << 8) + (byte(10) << 16) + (byte(11) << 24);
  if (length > kMaxHeader || length > text.size() - start)
    return Invalid("the .npy header of {} bytes is cut off or too long", length);
  NpyHeader header;
  CONVNEXT_RETURN_IF_ERROR(HeaderParser(text.substr(start, length)).Parse(header));
  header.data = file.subspan(start + length);
  return header;
}

Status CheckSize(const NpyHeader& header) {
  const auto count = ElementCount(header.shape);
  const auto bytes = count ? CheckedProduct(*count, ElementSize(header.dtype)) : std::nullopt;
  if (!bytes || *bytes != header.data.size()) {
    return Invalid("{} array of shape {}, but {} bytes of data{}", header.dtype, ShapeText(header.shape),
                   header.data.size(), bytes ? fmt::format("; expected {}", *bytes) : "");
  }
  return {};
}

template <class Stored, class T>
Tensor<T> Load(const NpyHeader& header) {
  Tensor<T> tensor{header.shape, AlignedVector<T>(header.data.size() / sizeof(Stored))};
  for (size_t i = 0; i < tensor.data.size(); ++i) {
    Stored value;
    std::memcpy(&value, header.data.data() + i * sizeof(Stored), sizeof(Stored));
    tensor.data[i] = static_cast<T>(value);
  }
  return tensor;
}

Tensor<double> LoadHalf(const NpyHeader& header) {
  const Tensor<uint16_t> stored = Load<uint16_t, uint16_t>(header);
  Tensor<double> tensor{stored.shape, AlignedVector<double>(stored.data.size())};
  for (size_t i = 0; i < stored.data.size(); ++i) tensor.data[i] = FromHalf(stored.data[i]);
  return tensor;
}

template <class T>
constexpr std::string_view kDtypeOf = sizeof(T) == 4 ? "float32" : "float64";

template <class T>
Status Write(const std::string& path, std::span<const int64_t> shape, std::span<const T> data) {
  if (ElementCount(shape) != data.size()) return Internal("shape {} for {} elements", ShapeText(shape), data.size());
  return WriteFile(path, [&](const WriteBytes& write) {
    const std::string header = NpyHeaderText(kDtypeOf<T>, shape);
    CONVNEXT_RETURN_IF_ERROR(write(std::as_bytes(std::span(header))));
    return write(std::as_bytes(data));
  });
}

template <class T>
std::string Bytes(std::span<const int64_t> shape, std::span<const T> data) {
  const std::span<const std::byte> bytes = std::as_bytes(data);
  return NpyHeaderText(kDtypeOf<T>, shape).append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

Result<NpyHeader> ParseNpyHeader(std::span<const std::byte> file) {
  auto header = ParseHeader(file);
  if (!header.ok()) return header;
  CONVNEXT_RETURN_IF_ERROR(CheckSize(*header));
  return header;
}

// Format 1.0, padded so that the data starts at a multiple of 64 bytes, as NumPy does.
std::string NpyHeaderText(std::string_view dtype, std::span<const int64_t> shape) {
  std::string sizes = ShapeText(shape);
  sizes = sizes.substr(1, sizes.size() - 2) + (shape.size() == 1 ? "," : "");
  std::string dictionary =
      fmt::format("{{'descr': '<f{}', 'fortran_order': False, 'shape': ({}), }}", ElementSize(dtype), sizes);
  const size_t unpadded = 10 + dictionary.size() + 1;
  dictionary.append((64 - unpadded % 64) % 64, ' ').push_back('\n');
  std::string text(kMagic);
  text += {'\x01', '\0', static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  return text + dictionary;
}

Result<NpyArray> ParseNpy(std::span<const std::byte> file) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto header, ParseNpyHeader(file));
  if (header.dtype == "float16") return NpyArray{header.dtype, LoadHalf(header)};
  return NpyArray{header.dtype, header.dtype == "float32" ? Load<float, double>(header) : Load<double, double>(header)};
}

Result<NpyArray> ReadNpy(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  auto array = ParseNpy(file.bytes());
  if (!array.ok()) return array.status().Prefixed(Printable(path));
  return array;
}

Result<Tensor<float>> ReadNpyFloat32(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  const auto header = ParseNpyHeader(file.bytes());
  if (!header.ok()) return header.status().Prefixed(Printable(path));
  if (header->dtype != "float32")
    return Invalid("{}: {}; expected float32 (save x.astype('float32'))", Printable(path), header->dtype);
  return Load<float, float>(*header);
}

Status WriteNpy(const std::string& path, std::span<const int64_t> shape, std::span<const float> data) {
  return Write(path, shape, data);
}
Status WriteNpy(const std::string& path, std::span<const int64_t> shape, std::span<const double> data) {
  return Write(path, shape, data);
}

std::string NpyBytes(std::span<const int64_t> shape, std::span<const float> data) { return Bytes(shape, data); }
std::string NpyBytes(std::span<const int64_t> shape, std::span<const double> data) { return Bytes(shape, data); }

}  // namespace convnext
