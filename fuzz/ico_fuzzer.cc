// Any bytes as a Windows icon.
#include "target.h"
#include "try_picture.h"

FUZZ_TARGET(ico) {
  if (size < 3 || data[0] != 0 || data[2] != 1) return 0;  // the other formats have their own target
  CheckDecoding({data, size});
  return 0;
}
