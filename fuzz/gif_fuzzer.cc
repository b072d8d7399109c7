// Any bytes as a GIF.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(gif) {
  if (size < 2 || data[0] != 'G') return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
