// Any bytes as a WebP.
#include "try_picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || data[0] != 'R') return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
