// Where the packed weights of a model lie: in memory of its own, or in a file that the processes of a host map, so that
// they are in memory once for all of them.
#pragma once

#include "convnext/cpu/convnext.h"

namespace convnext {

class PackedPlace {
 public:
  using Pack = std::function<Status(std::byte* packed)>;
  virtual ~PackedPlace() = default;
  // The packed weights of the next layer, `bytes` of them at kAlignment. `pack` makes them; `own` is memory that lives
  // as long as the layer. Layers come in one order, that of LoadConvNeXt.
  virtual Result<std::span<const std::byte>> Place(size_t bytes, AlignedVector<std::byte>& own, const Pack& pack) = 0;
};

template <class T>
Result<ConvNeXt<T>> LoadConvNeXt(const ModelFile& file, const Products<T>& products, PackedPlace& place);

// LoadConvNeXt with the packed weights in a file in `directory`, which is written whole where there is none yet (kIo if
// that fails). Its name is the digest of all that decides on its bytes: the weights, the products, this program. A file
// that is not as long as it must be, or that another user than this one or root owns, or that anybody may write to, is
// not used: kInvalid.
template <class T>
Result<ConvNeXt<T>> LoadShared(const ModelFile& file, const Products<T>& products, const std::string& directory);

}  // namespace convnext
