#pragma once

#include <string>
#include <string_view>

namespace convnext {

std::string_view Version();  // "0.1.0"
std::string_view Commit();   // of the source it was built from; "+" after it: with uncommitted changes
std::string Compiler();      // "g++ 12.2.0"
std::string BuildFlags();    // "Release: -O3 -DNDEBUG -ffp-contract=off; SIMD on; sanitizers none", without paths

}  // namespace convnext
