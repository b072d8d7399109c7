// Any bytes as a PBM, PGM or PPM.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(pnm) {
  if (size < 2 || data[0] != 'P') return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
