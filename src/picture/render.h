#pragma once

#include "picture/fonts.h"
#include "picture/picture.h"

namespace convnext {

// RenderPicture and PictureRenderer with given fonts.
Result<std::string> RenderWith(const Picture& picture, const Fonts& fonts);
std::string RendererWith(const Fonts& fonts);

}  // namespace convnext
