#pragma once

#include <map>
#include <string>
#include <vector>

#include "convnext/model/places.h"

namespace convnext {

// How many tensors lie beside the model at `place`, by the part of their names up to where they leave its prefix:
// "text.*". One by itself has its whole name.
std::map<std::string, size_t> GroupOthers(const Checkpoint& file, const Place& place);

// Notes, for the user, what a checkpoint holds beside the model that is used.
void NoteOthers(const std::map<std::string, size_t>& others, std::vector<std::string>& notes);
void NoteOtherPlaces(const std::vector<Place>& places, const Place& chosen, std::vector<std::string>& notes);

// Looks for weights that are zero as a whole, which a file has that was not written or downloaded whole: kInvalid if
// they reach its end; noted if they do not, as a pruned model may have them.
Status CheckWritten(const Checkpoint& file, const ModelFile& model, std::vector<std::string>& notes);

}  // namespace convnext
