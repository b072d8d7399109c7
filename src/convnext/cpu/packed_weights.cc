#include "convnext/cpu/packed_weights.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace convnext {
namespace {

class OwnMemory : public PackedPlace {
 public:
  Result<std::span<const std::byte>> Place(size_t bytes, AlignedVector<std::byte>& own, const Pack& pack) override {
    own.resize(bytes);
    CONVNEXT_RETURN_IF_ERROR(pack(own.data()));
    return std::span<const std::byte>(own);
  }
};

size_t Aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Gives the weights away as they are packed: the model that is loaded with it is of no use.
class PackedWriter : public PackedPlace {
 public:
  explicit PackedWriter(const WriteBytes& write) : write_(write) {}
  Result<std::span<const std::byte>> Place(size_t bytes, AlignedVector<std::byte>&, const Pack& pack) override {
    AlignedVector<std::byte> packed(Aligned(bytes));
    CONVNEXT_RETURN_IF_ERROR(pack(packed.data()));
    std::fill(packed.begin() + static_cast<ptrdiff_t>(bytes), packed.end(), std::byte{0});
    CONVNEXT_RETURN_IF_ERROR(write_(packed));
    return std::span<const std::byte>();
  }

 private:
  const WriteBytes& write_;
};

class PackedReader : public PackedPlace {
 public:
  explicit PackedReader(std::span<const std::byte> file) : rest_(file) {}
  size_t rest() const { return rest_.size(); }
  Result<std::span<const std::byte>> Place(size_t bytes, AlignedVector<std::byte>&, const Pack&) override {
    if (Aligned(bytes) > rest_.size()) return Invalid("it ends too early");
    const auto packed = rest_.first(bytes);
    rest_ = rest_.subspan(Aligned(bytes));
    return packed;
  }

 private:
  std::span<const std::byte> rest_;
};

template <class T>
std::string PackedName(const ModelFile& file, const Products<T>& products) {
  const PackedLayout& layout = products.layout;
  const std::string text = fmt::format("{} {} {} {} {} {} {} {} {}", file.file.Sha256(), products.name,
                                       Name(products.precision), layout.column_tile, layout.input_group,
                                       layout.weight_bytes, layout.output_bytes, Version(), Commit());
  return fmt::format("{}.packed", Sha256(std::as_bytes(std::span(text))));
}

// Weights decide on every number, so they must be this user's or the system's.
Status CheckOwner(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return IoError("cannot look at {}: {}", Printable(path), std::generic_category().message(errno));
  if ((info.st_uid == ::geteuid() || info.st_uid == 0) && (info.st_mode & S_IWOTH) == 0) return {};
  return Invalid(
      "{}: packed weights that anybody may write to are not used; found owner {} and mode {:o}, expected this user "
      "({}) "
      "or root, and no right to write for all. Remove it or name another directory",
      Printable(path), info.st_uid, info.st_mode & 07777, ::geteuid());
}

template <class T>
Result<ConvNeXt<T>> LoadMapped(const ModelFile& file, const Products<T>& products, const std::string& path) {
  CONVNEXT_RETURN_IF_ERROR(CheckOwner(path));
  CONVNEXT_ASSIGN_OR_RETURN(auto mapped, MappedFile::Open(path));
  const auto packed = std::make_shared<const MappedFile>(std::move(mapped));
  PackedReader place(packed->bytes());
  auto model = LoadConvNeXt(file, products, place);
  if (model.ok() && place.rest() != 0) model = Invalid("it has {} bytes too many", place.rest());
  if (!model.ok())
    return model.status().Prefixed(
        fmt::format("{}: packed weights that are not whole (remove the file)", Printable(path)));
  model->packed_file = packed;
  return model;
}

template <class T>
Status WritePacked(const ModelFile& file, const Products<T>& products, const std::string& path) {
  return WriteFile(path, [&](const WriteBytes& write) {
    PackedWriter place(write);
    return LoadConvNeXt(file, products, place).status();
  });
}

}  // namespace

template <class T>
Result<ConvNeXt<T>> LoadConvNeXt(const ModelFile& file, const Products<T>& products) {
  OwnMemory place;
  return LoadConvNeXt(file, products, place);
}

template <class T>
Result<ConvNeXt<T>> LoadShared(const ModelFile& file, const Products<T>& products, const std::string& directory) {
  const std::string path = fmt::format("{}/{}", directory, PackedName(file, products));
  if (::access(path.c_str(), F_OK) != 0) CONVNEXT_RETURN_IF_ERROR(WritePacked(file, products, path));
  return LoadMapped(file, products, path);
}

template Result<ConvNeXt<float>> LoadConvNeXt(const ModelFile&, const Products<float>&);
template Result<ConvNeXt<double>> LoadConvNeXt(const ModelFile&, const Products<double>&);
template Result<ConvNeXt<float>> LoadShared(const ModelFile&, const Products<float>&, const std::string&);
template Result<ConvNeXt<double>> LoadShared(const ModelFile&, const Products<double>&, const std::string&);

}  // namespace convnext
