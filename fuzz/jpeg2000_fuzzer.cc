// Any bytes as a JPEG 2000.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(jpeg2000) {
  if (size < 8 || !((data[0] == 0xff && data[1] == 0x4f) || data[4] == 'j')) return 0;  // the others have their own
  CheckDecoding({data, size});
  return 0;
}
