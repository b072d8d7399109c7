// Any bytes as a WebP.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(webp) {
  if (size < 2 || data[0] != 'R') return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
