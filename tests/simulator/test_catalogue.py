"""Checklist 7 and 8: catalogue, coupons, promotions."""

CATALOGUE = "/api/catalog_system/pvt"


def test_products_and_skus_agree_across_the_routes(ask):
    body = ask(f"{CATALOGUE}/products/GetProductAndSkuIds", {"_from": 1, "_to": 250}).json()
    every = ask(f"{CATALOGUE}/sku/stockkeepingunitids", {"page": 1, "pagesize": 1000}).json()
    assert sorted(sku for skus in body["data"].values() for sku in skus) == sorted(every)
    assert body["range"] == {"total": len(body["data"]), "from": 1, "to": 250}
    assert ask(f"{CATALOGUE}/sku/stockkeepingunitids", {"page": 2}).json() == []
    product, [sku, *_] = next(iter(body["data"].items()))
    context = ask(f"{CATALOGUE}/sku/stockkeepingunitbyid/{sku}").json()
    assert (context["Id"], context["ProductId"]) == (sku, int(product))
    assert ask(f"/api/catalog/pvt/product/{product}").json()["Name"] == context["ProductName"]
    assert ask(f"{CATALOGUE}/sku/stockkeepingunitbyid/1").status_code == 404


def test_positions_of_products_count_from_one(ask):
    path = f"{CATALOGUE}/products/GetProductAndSkuIds"
    whole = list(ask(path).json()["data"])
    pages = [list(ask(path, {"_from": at, "_to": at + 9}).json()["data"]) for at in (1, 11, 21)]
    assert [product for page in pages for product in page] == whole
    assert ask(path, {"_from": 99, "_to": 108}).json()["data"] == {}


def test_every_category_of_a_sku_is_in_the_tree(ask):
    def ids(branches):
        return {b["id"] for b in branches} | {i for b in branches for i in ids(b["children"])}

    tree = ask("/api/catalog_system/pub/category/tree/10").json()
    sku = ask(f"{CATALOGUE}/sku/stockkeepingunitids").json()[0]
    path = ask(f"{CATALOGUE}/sku/stockkeepingunitbyid/{sku}").json()["ProductCategoryIds"]
    assert {int(part) for part in path.strip("/").split("/")} <= ids(tree)
    assert len(path.strip("/").split("/")) == 3
    [top, *_] = ask("/api/catalog_system/pub/category/tree/1").json()
    assert top["hasChildren"] and top["children"] == []


def test_brands_whole_and_by_page(ask):
    whole = ask(f"{CATALOGUE}/brand/list").json()
    paged = ask(f"{CATALOGUE}/brand/pagedlist", {"page": 2, "pageSize": 7}).json()
    assert paged["items"] == whole[7:14]
    assert paged["paging"]["total"] == len(whole)
    assert {brand["isActive"] for brand in whole} == {True, False}


def test_sales_channels_and_their_currencies(ask):
    channels = ask(f"{CATALOGUE}/saleschannel/list").json()
    assert [(c["Id"], c["CurrencyCode"]) for c in channels] == [
        (1, "BRL"), (2, "BRL"), (3, "BRL"), (4, "USD")]  # fmt: skip


def test_coupons_and_promotions(ask):
    [first, *_] = ask("/api/rnb/pvt/coupon").json()
    assert ask(f"/api/rnb/pvt/coupon/{first['couponCode']}").json() == first
    assert ask("/api/rnb/pvt/coupon/NOSUCH").status_code == 404
    promotions = ask("/api/rnb/pvt/benefits/calculatorconfiguration").json()["items"]
    assert len({p["idCalculatorConfiguration"] for p in promotions}) == len(promotions) == 11
