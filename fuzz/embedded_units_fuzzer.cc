// Any bytes as the list of units that a bundle holds of an embedding: what is read is written again as it was.
#include <cstddef>
#include <cstdint>

#include "convnext/bundle/bundle.h"
#include "target.h"

FUZZ_TARGET(embedded_units) {
  using namespace convnext;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto units = ParseEmbeddedUnits(text);
  if (!units.ok()) {
    Require(!units.status().message().empty());
    return 0;
  }
  Require(EmbeddedUnitsText(*units) == text);
  Require(TotalsOf(*units).failed >= 0);
  return 0;
}
