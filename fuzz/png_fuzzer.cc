// Any bytes as a PNG.
#include "mend_png.h"
#include "try_picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || data[0] != 0x89) return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  std::vector<uint8_t> mended(data, data + size);
  FixChecksums(mended);
  CheckDecoding(mended);
  return 0;
}
