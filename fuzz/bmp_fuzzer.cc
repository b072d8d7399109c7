// Any bytes as a BMP.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(bmp) {
  if (size < 2 || data[0] != 'B' || data[1] != 'M') return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
