// Any bytes as a JPEG.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(jpeg) {
  if (size < 2 || data[0] != 0xff) return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
