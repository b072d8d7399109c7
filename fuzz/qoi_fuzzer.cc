// Any bytes as a QOI.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(qoi) {
  if (size < 2 || data[0] != 'q') return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
