#include <algorithm>
#include <cstring>

#include "convnext/weights/header.h"

namespace convnext {
namespace {

constexpr size_t kLengthBytes = 8;                   // the header's length, uint64, little-endian
constexpr uint64_t kMaxHeader = uint64_t{16} << 20;  // bytes; a ConvNeXt with its text tower takes 0.2 MB

std::string_view Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// `text` from its first character that is not white space, in lower case, as far as it is looked at.
std::string Beginning(std::string_view text) {
  const size_t start = std::min(text.find_first_not_of(" \t\r\n\xef\xbb\xbf"), text.size());
  return LowerCase(text.substr(start, 40));
}

// Says what a file that is not safetensors is instead, and what to do; empty if it is nothing that is often mistaken
// for it.
std::string_view IdentifyFormat(std::string_view file) {
  const std::string start = Beginning(file);
  if (start.starts_with("version https://git-lfs")) {
    return "a git-lfs pointer, not the weights themselves; fetch the real file with `git lfs pull`, or download it";
  }
  if (start.starts_with("<!doctype") || start.starts_with("<html")) {
    return "an HTML page, not weights; download the file itself (on the Hugging Face Hub, the link with /resolve/)";
  }
  // torch.save: a zip archive, or a bare pickle of protocol 2 before torch 1.6.
  if (file.starts_with("PK\x03\x04") || file.starts_with("\x80\x02\x8a") || file.starts_with("\x80\x02}")) {
    return "a PyTorch checkpoint (a pickle, which can run code when it is loaded: it is not read); convert it to "
           "safetensors: safetensors.torch.save_file(torch.load(FILE, weights_only=True), 'model.safetensors')";
  }
  if (start.starts_with("{")) return "a JSON text, not weights; expected a .safetensors file";
  return {};
}

// The length of the header; the whole header lies in the file.
Result<size_t> HeaderLength(std::span<const std::byte> file) {
  uint64_t length = 0;
  if (file.size() >= kLengthBytes) std::memcpy(&length, file.data(), kLengthBytes);
  const bool inside = file.size() >= kLengthBytes && length <= file.size() - kLengthBytes;
  if (inside && length > 0 && length <= kMaxHeader && file[kLengthBytes] == std::byte{'{'}) return length;

  if (file.empty()) return Invalid("the file is empty; expected a .safetensors file");
  if (file.size() > kLengthBytes && length == 0 && file[kLengthBytes] == std::byte{0})
    return Invalid("the file begins with zeros: it was not written or downloaded whole; get it again");
  if (const auto what = IdentifyFormat(Text(file)); !what.empty()) return Invalid("{}", what);
  if (file.size() < kLengthBytes) return Invalid("not a safetensors file: {} bytes, too short for any", file.size());
  if (length > kMaxHeader)
    return Invalid("not a safetensors file: a header of {} bytes; at most {} are read", length, kMaxHeader);
  if (!inside) {
    return Invalid(
        "the header has {} bytes, but only {} follow: the file is cut off or no safetensors file; get it again", length,
        file.size() - kLengthBytes);
  }
  return Invalid("not a safetensors file: the header does not begin with '{{'");
}

}  // namespace

Result<Safetensors> Safetensors::Parse(std::span<const std::byte> file, const std::string& source) {
  const std::string context = Printable(source);
  const auto length = HeaderLength(file);
  if (!length.ok()) return length.status().Prefixed(context);
  auto header = ParseSafetensorsHeader(Text(file.subspan(kLengthBytes, *length)), file.subspan(kLengthBytes + *length));
  if (!header.ok()) return header.status().Prefixed(context);
  Safetensors result;
  result.file_ = file;
  result.tensors_ = std::move(header->tensors);
  result.metadata_ = std::move(header->metadata);
  return result;
}

Result<Safetensors> Safetensors::Open(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(auto mapping, MappedFile::Open(path));
  auto result = Parse(mapping.bytes(), path);
  if (result.ok()) result->mapping_ = std::move(mapping);
  return result;
}

const StoredTensor* Safetensors::Find(std::string_view name) const {
  const auto place =
      std::lower_bound(tensors_.begin(), tensors_.end(), name,
                       [](const StoredTensor& tensor, std::string_view key) { return tensor.name < key; });
  return place != tensors_.end() && place->name == name ? &*place : nullptr;
}

void Safetensors::Release(std::span<const std::byte> bytes) const {
  if (mapping_) mapping_->Release(bytes);
}

const std::string& Safetensors::Sha256() const {
  std::call_once(digest_->once, [this] {
    digest_->text = convnext::Sha256(file_, [this](std::span<const std::byte> piece) { Release(piece); });
  });
  return digest_->text;
}

}  // namespace convnext
