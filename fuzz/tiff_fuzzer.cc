// Any bytes as a TIFF.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(tiff) {
  if (size < 2 || data[0] != data[1] || (data[0] != 'I' && data[0] != 'M'))
    return 0;  // the others have their own target
  CheckDecoding({data, size});
  return 0;
}
