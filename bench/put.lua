-- SPDX-License-Identifier: Apache-2.0
-- PUT of a template under a name of its own, for wrk. BODY and TARGET come from the environment.
local count = 0
local body = os.getenv("BODY")
local target = os.getenv("TARGET")

wrk.headers["Content-Type"] = "application/json"

request = function()
    count = count + 1
    local path = target:gsub("NAME", "t-" .. os.time() .. "-" .. count)
    return wrk.format("PUT", path, nil, body)
end

local refused = 0
response = function(status)
    if status ~= 201 then
        refused = refused + 1
        if refused == 1 then
            io.stderr:write("first refusal: " .. status .. "\n")
        end
    end
end
