// SPDX-License-Identifier: Apache-2.0
// The catalogue of published images, as gallery/ and build/ need it; store/ implements it. Ids are
// compared without case. Every writing call is one transaction: after it returns the image is
// durable and listed, if it throws nothing is. All throw Error{Unavailable} when the database
// cannot be used.
//
// Images are Azure resources too, with documents in resources/resource_repository.h. Whoever
// implements both keeps them in step, each in one transaction: publishing and removing writes and
// removes the document (and makes those of gallery, definition and resource group where there are
// none); a document that is changed or removed there changes or removes the image here: its tags,
// regions and exclusion from latest, and what a definition is for.
#pragma once

#include "gallery/image_definition.h"
#include "gallery/images.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ingot::gallery {

// What a distributor of a run produced. Without a run id it is nobody's, and not recorded.
struct RunOutput {
    std::string run_id{};
    std::string template_name{};
    std::string name{};          // runOutputName
    std::string artifact_id{};   // ARM id, for managed images and versions
    std::string artifact_uri{};  // for VHDs
};

class ImageRepository {
  public:
    ImageRepository() = default;
    virtual ~ImageRepository() = default;
    ImageRepository(const ImageRepository&) = delete;
    ImageRepository& operator=(const ImageRepository&) = delete;

    // Replaces an image of the same id (the service updates it in place).
    virtual void publish(const ManagedImage& image, const RunOutput& output) = 0;

    // Numbers and publishes in one transaction: `number` is called with the versions that the
    // definition has and decides; `output.artifact_id` is filled in from the result. Makes the
    // gallery and definition if they do not exist. Throws AlreadyExists if the number is taken and
    // Conflict if the definition holds, or was created by a client for, images of another
    // generation or OS. Returns what was listed.
    using Numbering = std::function<VersionNumber(const std::vector<VersionNumber>& existing)>;
    virtual ImageVersion publish(ImageVersion version,
                                 const Numbering& number,
                                 RunOutput output) = 0;

    virtual void publish(const Vhd& vhd, const RunOutput& output) = 0;

    [[nodiscard]] virtual std::vector<ManagedImage> managed_images() = 0;
    [[nodiscard]] virtual std::vector<ImageVersion> versions() = 0;
    [[nodiscard]] virtual std::vector<Vhd> vhds() = 0;
    [[nodiscard]] virtual std::vector<RunOutput> outputs_of(const std::string& run_id) = 0;

    // What a definition holds or was created for by a client. Nothing where the next image decides:
    // if there is none, or it lost the last of its images and no client made it.
    [[nodiscard]] virtual std::optional<ImageDefinition> definition(const std::string& id) = 0;

    // True if it was there. Blobs that nothing refers to any more are the caller's to remove.
    virtual bool remove(const std::string& id_or_vhd_name) = 0;
    // Whether any image, version or VHD has this disk.
    [[nodiscard]] virtual bool uses(const base::Sha256Digest& disk) = 0;
};

}  // namespace ingot::gallery
