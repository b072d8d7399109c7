#pragma once

#include "convnext/picture/fonts.h"
#include "convnext/picture/picture.h"

namespace convnext {

// RenderPicture and PictureRenderer with given fonts.
Result<std::string> RenderWith(const Picture& picture, const Fonts& fonts);
std::string RendererWith(const Fonts& fonts);

}  // namespace convnext
