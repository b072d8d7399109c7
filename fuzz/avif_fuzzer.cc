// Any bytes as an AVIF.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(avif) {
  if (size < 8 || data[4] != 'f' || data[5] != 't') return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
