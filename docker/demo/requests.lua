-- The requests that wrk sends: those of requested() in Misc/workload/workload/shop/serving.py.
local products = tonumber(os.getenv("PRODUCTS"))
local number = tonumber(os.getenv("FIRST"))

wrk.headers["Host"] = "shop.example"

function request()
  local key = math.floor(number / 4) * 7919 % products
  local kind = number % 4
  number = number + 1
  if kind == 0 then
    return wrk.format("GET", string.format("/list/%d/", math.floor(key / 20)))
  elseif kind == 1 then
    return wrk.format("GET", string.format("/product/%d/", key + 1))
  elseif kind == 2 then
    return wrk.format("GET", string.format("/search/maker%%20%d/", math.floor(number / 4) % 500))
  end
  return wrk.format("GET", string.format("/basket/%d/", key + 1))
end
