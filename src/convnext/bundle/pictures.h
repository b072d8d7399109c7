#pragma once

#include <map>
#include <string>

#include "convnext/bundle/evidence.h"
#include "convnext/picture/picture.h"

namespace convnext {

// The pictures of a bundle by path (assets/*.png). `documents`: the logs that they show.
std::map<std::string, Picture> MakePictures(const Evidence& evidence, const Files& documents);

// RenderPicture. The last few are kept, as adapt checks what it has just drawn.
Result<std::string> PicturePng(const Picture& picture);

// The pictures of a bundle as PNG files.
Result<Files> RenderPictures(const Evidence& evidence, const Files& documents);

}  // namespace convnext
