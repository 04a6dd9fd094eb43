"""Serves a forest on the credit data with FastAPI, uvicorn and scikit-learn.

    CREDIT_DATA=credit_data.csv python3 peer.py PORT WORKERS

One prediction a request: POST /predict {"features": {...}}. Everything that
could be done once is: a row is encoded with dictionaries into one numpy array
rather than with a ColumnTransformer over a DataFrame, and the forest is asked
once, on one thread.
"""

import os
import sys
from typing import Any, Dict

import numpy as np
import pandas as pd
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sklearn.ensemble import RandomForestClassifier

data = pd.read_csv(os.environ["CREDIT_DATA"])
target = data.pop("Status")
text = list(data.select_dtypes("object").columns)
number = [c for c in data.columns if c not in text]
median = {c: float(data[c].median()) for c in number}
slot = {c: {v: i for i, v in enumerate(sorted(data[c].dropna().unique()))} for c in text}
width = len(number) + sum(len(s) for s in slot.values())


def encode(row):
    out = np.zeros(width)
    for i, c in enumerate(number):
        v = row[c]
        out[i] = median[c] if v is None or v != v else v
    at = len(number)
    for c in text:
        k = slot[c].get(row[c])
        if k is not None:
            out[at + k] = 1
        at += len(slot[c])
    return out


model = RandomForestClassifier(n_estimators=100, max_depth=10, random_state=42)
model.fit(np.array([encode(r) for r in data.to_dict("records")]), target)
model.n_jobs = 1
app = FastAPI()


class Request(BaseModel):
    features: Dict[str, Any]


class Response(BaseModel):
    prediction: str
    probability: float


@app.post("/predict", response_model=Response)
async def predict(request: Request):
    try:
        proba = model.predict_proba(encode(request.features)[None])[0]
    except (KeyError, TypeError, ValueError) as e:
        raise HTTPException(status_code=422, detail=str(e))
    best = int(proba.argmax())
    return Response(prediction=model.classes_[best], probability=proba[best])


@app.get("/health")
async def health():
    return {"status": "healthy"}


if __name__ == "__main__":
    import uvicorn

    uvicorn.run("peer:app", port=int(sys.argv[1]), workers=int(sys.argv[2]), log_level="error", access_log=False)
