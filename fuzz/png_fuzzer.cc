// Any bytes as a PNG.
#include "mend_png.h"
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(png) {
  if (size < 2 || data[0] != 0x89) return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  std::vector<uint8_t> mended(data, data + size);
  FixChecksums(mended);
  CheckDecoding(mended);
  return 0;
}
